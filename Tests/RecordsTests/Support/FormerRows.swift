import Partitioning

// Actions and refusals as the program of history version 7 wrote them into rows, one of each kind: made with
// that program, not by hand.

/// What stands in a row, and what it means now.
struct FormerRow: Sendable {
  let action: String
  let meaning: ManagementAction
  var refusal: String?
  var error: ManagementError?

  static let all = acts + settings + together + refusals

  static let acts: [FormerRow] = [
    FormerRow(
      action: #"{"activate":{"_0":"A","force":false,"load":true,"profile":"DAY"}}"#,
      meaning: .activate("A", profile: "DAY", load: true, force: false)),
    FormerRow(
      action: #"{"activate":{"_0":"A","force":false,"load":false}}"#,
      meaning: .activate("A", profile: nil, load: false, force: false)),
    FormerRow(
      action: #"{"recover":{"_0":"A"}}"#,
      meaning: .recover("A")),
    FormerRow(
      action: #"{"deactivate":{"_0":"A","force":true}}"#,
      meaning: .deactivate("A", force: true)),
    FormerRow(
      action:
        #"{"load":{"_0":"A","clear":true,"force":true,"image":{"program":{"name":"SPIN","parameters":"x"}}}}"#,
      meaning: .load(
        "A", image: .program(name: "SPIN", parameters: "x"), parameters: nil, clear: true,
        force: true)),
    FormerRow(
      action:
        #"{"load":{"_0":"A","clear":false,"force":false,"image":{"kernel":{"file":"linux/vmlinuz","initialRamdisk":"linux/initrd","parameters":"quiet"}},"parameters":"quiet"}}"#,
      meaning: .load(
        "A",
        image: .kernel(file: "linux/vmlinuz", initialRamdisk: "linux/initrd", parameters: "quiet"),
        parameters: "quiet", clear: false, force: false)),
    FormerRow(
      action: #"{"load":{"_0":"A","clear":true,"force":false}}"#,
      meaning: .load("A", image: nil, parameters: nil, clear: true, force: false)),
    FormerRow(
      action: #"{"stop":{"_0":"A"}}"#,
      meaning: .stop("A", processor: nil)),
    FormerRow(
      action: #"{"stop":{"_0":"A","processor":1}}"#,
      meaning: .stop("A", processor: 1)),
    FormerRow(
      action: #"{"start":{"_0":"A"}}"#,
      meaning: .start("A", processor: nil)),
    FormerRow(
      action: #"{"resetNormal":{"_0":"A","force":false}}"#,
      meaning: .resetNormal("A", force: false)),
    FormerRow(
      action: #"{"resetClear":{"_0":"A","force":true}}"#,
      meaning: .resetClear("A", force: true)),
    FormerRow(
      action: #"{"restart":{"_0":"A"}}"#,
      meaning: .restart("A")),
    FormerRow(
      action: #"{"signalShutdown":{"_0":"A","thenForce":true,"within":60}}"#,
      meaning: .signalShutdown("A", within: 60, thenForce: true)),
    FormerRow(
      action: #"{"cancelShutdown":{"_0":"A"}}"#,
      meaning: .cancelShutdown("A")),
    FormerRow(
      action: #"{"setNextProfile":{"_0":"A","profile":"DAY"}}"#,
      meaning: .setNextProfile("A", profile: "DAY")),
    FormerRow(
      action: #"{"saveProfile":{"_0":"A"}}"#,
      meaning: .saveProfile("A")),
    FormerRow(
      action: #"{"configureProcessor":{"_0":"A","insistence":"","online":true,"processor":1}}"#,
      meaning: .configureProcessor(
        "A", processor: 1, online: true, insistence: .polite, within: nil)),
    FormerRow(
      action:
        #"{"configureStorage":{"_0":"A","byteCount":67108864,"insistence":"FORCE","online":false,"within":5}}"#,
      meaning: .configureStorage(
        "A", byteCount: 67108864, online: false, insistence: .force, within: 5)),
    FormerRow(
      action: #"{"configurePath":{"_0":"A","insistence":"UNCOND","online":false,"path":16}}"#,
      meaning: .configurePath("A", path: 16, online: false, insistence: .unconditional)),
    FormerRow(
      action: #"{"releasePath":{"_0":"A","path":16}}"#,
      meaning: .releasePath("A", path: 16)),
    FormerRow(
      action: #"{"cancelPending":{"_0":"A","kind":"storage"}}"#,
      meaning: .cancelPending("A", kind: .storage)),
    FormerRow(
      action: #"{"cancelPending":{"_0":"A"}}"#,
      meaning: .cancelPending("A", kind: nil)),
    FormerRow(
      action: #"{"varyProcessor":{"_0":3,"online":false}}"#,
      meaning: .varyProcessor(3, online: false)),
    FormerRow(
      action: #"{"varyPath":{"_0":17,"insistence":"","online":true}}"#,
      meaning: .varyPath(17, online: true, insistence: .polite)),
    FormerRow(
      action: #"{"defineProcessor":{"_0":"A","processor":2}}"#,
      meaning: .defineProcessor("A", processor: 2)),
    FormerRow(
      action: #"{"detachProcessor":{"_0":"A","processor":2}}"#,
      meaning: .detachProcessor("A", processor: 2)),
    FormerRow(
      action: #"{"defineStorage":{"_0":"A","byteCount":134217728}}"#,
      meaning: .defineStorage("A", byteCount: 134217728)),
    FormerRow(
      action: #"{"sendConsole":{"_0":"A","bytes":[104,105,10]}}"#,
      meaning: .sendConsole("A", bytes: [104, 105, 10])),
    FormerRow(
      action: #"{"storeStorage":{"_0":"A","address":4096,"bytes":[1,2]}}"#,
      meaning: .storeStorage("A", address: 4096, bytes: [1, 2])),
    FormerRow(
      action: #"{"storeRegister":{"_0":"A","processor":0,"register":"RIP","value":31744}}"#,
      meaning: .storeRegister("A", processor: 0, register: "RIP", value: 31744)),
  ]

  private static let settings: [FormerRow] = [
    FormerRow(
      action: #"{"setWeight":{"_0":"A","type":"CP","weight":40}}"#,
      meaning: .set(.weight("A", type: .cp, weight: 40))),
    FormerRow(
      action: #"{"setWeight":{"_0":"A","weight":40}}"#,
      meaning: .set(.weight("A", type: nil, weight: 40))),
    FormerRow(
      action:
        #"{"setShare":{"_0":"A","amount":{"absolute":{"hundredthsOfPercent":1250}},"limit":{"hard":{"_0":{"relative":{"_0":50}}}}}}"#,
      meaning: .set(
        .share(
          "A", type: nil, amount: .absolute(hundredthsOfPercent: 1250), limit: .hard(.relative(50)))
      )),
    FormerRow(
      action: #"{"setShare":{"_0":"A","limit":{"none":{}},"type":"IFL"}}"#,
      meaning: .set(.share("A", type: .ifl, amount: nil, limit: ShareLimit.none))),
    FormerRow(
      action:
        #"{"setShare":{"_0":"A","amount":{"relative":{"_0":100}},"limit":{"soft":{}},"type":"ZIIP"}}"#,
      meaning: .set(.share("A", type: .ziip, amount: .relative(100), limit: .soft(nil)))),
    FormerRow(
      action: #"{"setInitialShare":{"_0":"A"}}"#,
      meaning: .set(.initialShare("A", type: nil))),
    FormerRow(
      action: #"{"setCap":{"_0":"A","_2":{"ownShare":{"_0":true}},"type":"CP"}}"#,
      meaning: .set(.cap("A", type: .cp, .ownShare(true)))),
    FormerRow(
      action: #"{"setCap":{"_0":"A","_2":{"absolute":{"hundredths":150}}}}"#,
      meaning: .set(.cap("A", type: nil, .absolute(hundredths: 150)))),
    FormerRow(
      action: #"{"setCap":{"_0":"A","_2":{"absolute":{}}}}"#,
      meaning: .set(.cap("A", type: nil, .absolute(hundredths: nil)))),
    FormerRow(
      action: #"{"setWeightRange":{"_0":"A","minimum":10,"type":"CP"}}"#,
      meaning: .set(.weightRange("A", type: .cp, minimum: 10, maximum: nil))),
    FormerRow(
      action: #"{"setWeightRange":{"_0":"A","maximum":500}}"#,
      meaning: .set(.weightRange("A", type: nil, minimum: nil, maximum: 500))),
    FormerRow(
      action: #"{"setGroup":{"_0":"A","group":"BLUE"}}"#,
      meaning: .set(.group("A", type: nil, group: "BLUE"))),
    FormerRow(
      action: #"{"setGroup":{"_0":"A","type":"CP"}}"#,
      meaning: .set(.group("A", type: .cp, group: nil))),
    FormerRow(
      action: #"{"setDefinedCapacity":{"_0":"A","units":25}}"#,
      meaning: .set(.definedCapacity("A", units: 25))),
    FormerRow(
      action: #"{"setDefinedCapacity":{"_0":"A"}}"#,
      meaning: .set(.definedCapacity("A", units: nil))),
    FormerRow(
      action: #"{"setPolarity":{"_0":"A","_1":"VERTICAL"}}"#,
      meaning: .set(.polarity("A", .vertical))),
    FormerRow(
      action: #"{"setSecurity":{"_0":"A","_1":"CROSSPARTITION","_2":true}}"#,
      meaning: .set(.security("A", .crossPartitionAuthority, true))),
    FormerRow(
      action: #"{"setGroupCap":{"_0":"BLUE","hundredths":75,"type":"CP"}}"#,
      meaning: .set(.groupCap("BLUE", type: .cp, hundredths: 75))),
    FormerRow(
      action: #"{"setGroupCap":{"_0":"BLUE","type":"IFL"}}"#,
      meaning: .set(.groupCap("BLUE", type: .ifl, hundredths: nil))),
    FormerRow(
      action: #"{"setGroupCapacity":{"_0":"BLUE","units":100}}"#,
      meaning: .set(.groupCapacity("BLUE", units: 100))),
    FormerRow(
      action: #"{"setGroupCapacity":{"_0":"BLUE"}}"#,
      meaning: .set(.groupCapacity("BLUE", units: nil))),
    FormerRow(
      action: #"{"setRunningTime":{"nanoseconds":5000000}}"#,
      meaning: .set(.runningTime(nanoseconds: 5000000))),
    FormerRow(
      action: #"{"setRunningTime":{}}"#,
      meaning: .set(.runningTime(nanoseconds: nil))),
    FormerRow(
      action: #"{"setWaitCompletion":{"_0":true}}"#,
      meaning: .set(.waitCompletion(true))),
  ]

  private static let together: [FormerRow] = [
    FormerRow(
      action: #"{"inProfile":{"_0":{"setWeight":{"_0":"A","type":"CP","weight":7}}}}"#,
      meaning: .set(.weight("A", type: .cp, weight: 7), .profile)),
    FormerRow(
      action: #"{"inBoth":{"_0":{"setPolarity":{"_0":"A","_1":"HORIZONTAL"}}}}"#,
      meaning: .set(.polarity("A", .horizontal), .both)),
    FormerRow(
      action: #"{"inBoth":{"_0":{"setWaitCompletion":{"_0":false}}}}"#,
      meaning: .set(.waitCompletion(false), .both)),
    FormerRow(
      action: #"{"inProfile":{"_0":{"deactivate":{"_0":"A","force":false}}}}"#,
      meaning: .deactivate("A", force: false)),
    FormerRow(
      action:
        #"{"batch":{"_0":[{"setWeight":{"_0":"A","type":"CP","weight":50}},{"setWeightRange":{"_0":"A","maximum":60,"minimum":10,"type":"CP"}}]}}"#,
      meaning: .batch([
        .set(.weight("A", type: .cp, weight: 50)),
        .set(.weightRange("A", type: .cp, minimum: 10, maximum: 60)),
      ])),
    FormerRow(
      action:
        #"{"inProfile":{"_0":{"batch":{"_0":[{"setWeight":{"_0":"A","type":"CP","weight":50}},{"setWeightRange":{"_0":"A","minimum":10,"type":"CP"}}]}}}}"#,
      meaning: .batch([
        .set(.weight("A", type: .cp, weight: 50), .profile),
        .set(.weightRange("A", type: .cp, minimum: 10, maximum: nil), .profile),
      ])),
    FormerRow(
      action:
        #"{"inBoth":{"_0":{"batch":{"_0":[{"setWeight":{"_0":"A","type":"CP","weight":50}},{"setWeight":{"_0":"A","type":"IFL","weight":50}}]}}}}"#,
      meaning: .batch([
        .set(.weight("A", type: .cp, weight: 50), .both),
        .set(.weight("A", type: .ifl, weight: 50), .both),
      ])),
    FormerRow(
      action:
        #"{"batch":{"_0":[{"setWeightRange":{"_0":"A","minimum":7,"type":"CP"}},{"inProfile":{"_0":{"setWeightRange":{"_0":"A","maximum":500,"minimum":7,"type":"CP"}}}}]}}"#,
      meaning: .batch([
        .set(.weightRange("A", type: .cp, minimum: 7, maximum: nil)),
        .set(.weightRange("A", type: .cp, minimum: 7, maximum: 500), .profile),
      ])),
    FormerRow(
      action:
        #"{"batch":{"_0":[{"configureProcessor":{"_0":"A","insistence":"","online":true,"processor":1,"within":9}},{"configureProcessor":{"_0":"A","insistence":"","online":true,"processor":2,"within":9}}]}}"#,
      meaning: .batch([
        .configureProcessor("A", processor: 1, online: true, insistence: .polite, within: 9),
        .configureProcessor("A", processor: 2, online: true, insistence: .polite, within: 9),
      ])),
  ]

  private static let refusals: [FormerRow] = [
    FormerRow(
      action: #"{"inProfile":{"_0":{"deactivate":{"_0":"A","force":false}}}}"#,
      meaning: .deactivate("A", force: false),
      refusal: #"{"notInProfile":{"_0":{"deactivate":{"_0":"A","force":false}}}}"#,
      error: .notInProfile(.deactivate("A"))),
    FormerRow(
      action: #"{"inProfile":{"_0":{"setInitialShare":{"_0":"A"}}}}"#,
      meaning: .set(.initialShare("A", type: nil), .profile),
      refusal: #"{"notInProfile":{"_0":{"setInitialShare":{"_0":"A"}}}}"#,
      error: .notInProfile(.set(.initialShare("A", type: nil)))),
    FormerRow(
      action: #"{"setWeight":{"_0":"A","weight":0}}"#,
      meaning: .set(.weight("A", type: nil, weight: 0)),
      refusal: #"{"weightOutOfRange":{"_0":0,"allowed":[1,999]}}"#,
      error: .weightOutOfRange(0, allowed: 1...999)),
    FormerRow(
      action: #"{"deactivate":{"_0":"B","force":true}}"#,
      meaning: .deactivate("B", force: true),
      refusal: #"{"notAuthorized":{"_0":"A","needs":"CROSSPARTITION"}}"#,
      error: .notAuthorized("A", needs: .crossPartitionAuthority)),
    FormerRow(
      action: #"{"signalShutdown":{"_0":"A","thenForce":true,"within":9}}"#,
      meaning: .signalShutdown("A", within: 9, thenForce: true),
      refusal:
        #"{"changePending":{"_0":"A","_1":{"asked":1,"deadline":2,"online":false,"subject":{"shutdown":{"thenForce":true}}}}}"#,
      error: .changePending(
        "A",
        PendingChange(
          subject: .shutdown(thenForce: true), online: false, asked: 1, deadline: 2))),
    FormerRow(
      action: #"{"activate":{"_0":"A","force":false,"load":true}}"#,
      meaning: .activate("A", profile: nil, load: true, force: false),
      refusal: #"{"wrongState":{"_0":"A","is":"operating","needs":["not-activated"]}}"#,
      error: .wrongState("A", is: .operating, needs: [.notActivated])),
    // As the program of history version 11 had it.
    FormerRow(
      action: #"{"shutDown":{}}"#, meaning: .shutDown(within: nil),
      refusal: #"{"deckRefused":{"_0":"X","_1":[{"resources":{}},{"diskOfFile":{"_0":768}}]}}"#,
      error: .deckRefused("X", [.resources, .diskOfFile(0x300)])),
  ]
}
