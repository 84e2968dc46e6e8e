import Partitioning
import Quantities

extension CommandMessage {
  /// The message for a refusal of the firmware.
  ///
  /// Every case is here; there is no default.
  package init(_ error: ManagementError) {
    self =
      switch error {
      case .partitionNotFound(let name): CommandMessage(.notInDirectory, name)
      case .wrongState(let name, let state, let needed):
        Self.wrongState(name, is: state, needs: needed)
      case .forceNeeded(let name, let state):
        CommandMessage(.forceNeeded, name, state.rawValue)
      case .classNeeded(let userid, let classes):
        CommandMessage(
          .classNeeded, userid, classes.letters.map(String.init).joined(separator: " or "))
      case .inBatch(_, let refusal): CommandMessage(refusal)
      case .commandFailed(let name, let command, let answer):
        CommandMessage(.commandFailed, name, command, answer)
      case .activationNested(let name, let other):
        CommandMessage(.activationNested, name, other)
      case .nothingToRecover(let name): CommandMessage(.nothingToRecover, name)
      case .partitionName(let name): CommandMessage(.partitionName, name)
      case .partitionRange(let first, let last): CommandMessage(.partitionRange, first, last)
      case .partitionDefined(let name): CommandMessage(.partitionDefined, name)
      case .partitionLimit(let limit): CommandMessage(.partitionLimit, "\(limit)")
      case .partitionOfFolder(let name): CommandMessage(.partitionOfFolder, name)
      case .pathNotToDevice(let name, let path, let device):
        CommandMessage(.pathLeadsElsewhere, hexDigits(path, 2), hexDigits(device, 4), name)
      case .devicePathAlready(_, let path, let device, let online):
        CommandMessage(
          .devicePathState, hexDigits(path, 2), hexDigits(device, 4), Self.lineState(online))
      case .deckRefused(let name, let obstacles):
        CommandMessage(.deckRefused, name, obstacles.summary)
      case .noDeckActivated: CommandMessage(.noFormerDeck)
      case .switchNotFound(let name, let known):
        CommandMessage(.switchNotFound, name, knownText(known))
      case .switchDefined(let name): CommandMessage(.switchDefined, name)
      case .switchLimit(let limit): CommandMessage(.switchLimit, "\(limit)")
      case .noUplink(let name): CommandMessage(.noUplink, name)
      case .uplinkAlready(let name, let isConnected):
        CommandMessage(.uplinkAlready, name, isConnected ? "connected" : "disconnected")
      case .adapterNotFound(let name, let device, let known):
        CommandMessage(
          .adapterNotFound, name, hexDigits(device, 4), knownText(known.map { hexDigits($0, 4) }))
      case .adapterNumberTaken(let name, let device):
        CommandMessage(.adapterNumberTaken, hexDigits(device, 4), name)
      case .noPlaceForAdapter(let name, let device, let limit):
        limit == 0
          ? CommandMessage(.noPlacesForAdapters, hexDigits(device, 4), name)
          : CommandMessage(.noPlaceForAdapter, hexDigits(device, 4), name, "\(limit)")
      case .adapterConnected(let name, let device, let network):
        CommandMessage(.adapterConnected, name, hexDigits(device, 4), network)
      case .adapterNotConnected(let name, let device):
        CommandMessage(.adapterNotConnected, name, hexDigits(device, 4))
      case .notGranted(let name, let network): CommandMessage(.notGranted, name, network)
      case .channelEndNotFound(let name, let device):
        CommandMessage(.channelEndNotFound, name, hexDigits(device, 4))
      case .channelEndReserved(let device, let other, let otherDevice):
        CommandMessage(
          .channelEndReserved, hexDigits(device, 4), other, hexDigits(otherDevice, 4))
      case .channelEndBusy(let device, let other, let otherDevice):
        CommandMessage(.channelEndBusy, hexDigits(device, 4), other, hexDigits(otherDevice, 4))
      case .templateNotFound(let name, let known):
        CommandMessage(.templateNotFound, name, knownText(known))
      case .notShareable(let name, let devices):
        CommandMessage(
          .notShareable, name, devices.map { hexDigits($0, 4) }.joined(separator: " "))
      case .processorsNotDefinable(let name, let limit):
        CommandMessage(.processorsNotDefinable, name, "\(limit)")
      case .partitionActive(let name, let state):
        CommandMessage(.partitionActive, name, state.rawValue)
      case .notAuthorized(let name, let permission):
        CommandMessage(.notAuthorized, name, permission.rawValue)
      case .profileNotFound(let name, let profile, let known):
        CommandMessage(.profileNotFound, name, profile, knownText(known))
      case .notInProfile(let action): CommandMessage(.notInProfile, action.commandText)
      case .groupNotFound(let name, let known):
        CommandMessage(.groupNotFound, name, knownText(known))
      case .weightRange(let minimum, let weight, let maximum):
        CommandMessage(.weightRange, "\(minimum)", "\(weight)", "\(maximum)")
      case .runningTimeOutOfRange(let nanoseconds):
        CommandMessage(
          .runningTimeOutOfRange, fixedPointText(Int(clamping: nanoseconds), places: 6))
      case .ioPriorityOutOfRange(let priority):
        CommandMessage(.ioPriorityOutOfRange, "\(priority)")
      case .missingInterruptTimeOutOfRange(let seconds):
        CommandMessage(.missingInterruptTimeOutOfRange, MissingInterruptTimes.text(seconds))
      case .pathFaultAlready(let path, let fails):
        CommandMessage(
          .pathFaultAlready, hexDigits(path, 2), fails ? "fails already" : "does not fail")
      case .deviceFaultAbsent(let device): CommandMessage(.deviceFaultAbsent, hexDigits(device, 4))
      case .faultOutOfRange(let device, let fault):
        CommandMessage(.faultOutOfRange, hexDigits(device, 4), fault.text)
      case .capacityOutOfRange(let units): CommandMessage(.capacityOutOfRange, "\(units)")
      case .capacityUnknown(let type): CommandMessage(.capacityUnknown, type.rawValue)
      case .cappingConflict(let name): CommandMessage(.cappingConflict, name)
      case .weightOutOfRange(let weight, let allowed):
        CommandMessage(
          .weightOutOfRange, "\(weight)", "\(allowed.lowerBound)", "\(allowed.upperBound)")
      case .shareOutOfRange(.relative(let weight)):
        CommandMessage(.shareOutOfRange, "RELATIVE \(weight)")
      case .shareOutOfRange(.absolute(let share)):
        CommandMessage(.shareOutOfRange, "ABSOLUTE \(fixedPointText(share, places: 2))%")
      case .capOutOfRange(let cap):
        CommandMessage(.capOutOfRange, hundredthsText(cap))
      case .noSharedProcessors(let name, let type):
        CommandMessage(.noSharedProcessors, name, type?.rawValue ?? "CP or other")
      case .insufficientProcessors(let name, let type, let needed, let available):
        CommandMessage(
          .insufficientProcessors, name, "\(needed)", type.rawValue, "\(available)")
      case .processorNotDefined(let name, let processor, let defined):
        CommandMessage(
          .processorBeyondReserved, hexDigits(processor, 2), name, "\(defined)")
      case .processorOnline(_, let processor):
        CommandMessage(.processorAlreadyDefined, hexDigits(processor, 2))
      case .processorNotOnline(_, let processor):
        CommandMessage(.processorNotDefined, hexDigits(processor, 2))
      case .lastProcessor(let name, let processor):
        CommandMessage(.lastProcessor, hexDigits(processor, 2), name)
      case .notMultipleOfIncrement(let size, let increment):
        CommandMessage(.notMultipleOfIncrement, sizeText(size), sizeText(increment))
      case .insufficientStorage(let name, let needed, let free):
        CommandMessage(.insufficientStorage, name, sizeText(needed), sizeText(free))
      case .storageFragmented(let name, let needed, let largest):
        CommandMessage(.storageFragmented, name, sizeText(needed), sizeText(largest))
      case .originNotFree(let name, let origin, let needed):
        CommandMessage(.originNotFree, name, sizeText(needed), sizeText(origin))
      case .storageLimit(let name, let requested, let limit):
        CommandMessage(.storageLimit, name, sizeText(requested), sizeText(limit))
      case .storageNotRemovable(let name, let requested, let removable):
        CommandMessage(.storageNotRemovable, name, sizeText(requested), sizeText(removable))
      case .notStorage(_, let address, _): CommandMessage(.notInStorage, hexDigits(address, 8))
      case .hostMemory(let name): CommandMessage(.hostMemory, name)
      case .hostStorage(let name, let needed, let used, let limit):
        CommandMessage(
          .hostStorage, name, sizeText(needed), sizeText(used), sizeText(limit))
      case .changePending(let name, let change):
        CommandMessage(.changePending, name, change.text)
      case .noPendingChange(let name): CommandMessage(.noPendingChange, name)
      case .guestNotListening(let name): CommandMessage(.guestNotListening, name)
      case .guestPlugsNoStorage(let name): CommandMessage(.guestPlugsNoStorage, name)
      case .shutdownSignalNotEnabled(let name): CommandMessage(.shutdownSignalNotEnabled, name)
      case .pathNotFound: CommandMessage(.invalidChannelPath)
      case .pathNotAllowed(let name, let path):
        CommandMessage(.pathNotAllowed, name, hexDigits(path, 2))
      case .pathAlready(_, let path, let online):
        CommandMessage(.pathAlready, hexDigits(path, 2), Self.lineState(online))
      case .pathInUse(_, let path, let owner):
        CommandMessage(.pathInUse, hexDigits(path, 2), owner)
      case .pathReserved(_, let path, let owner):
        CommandMessage(.pathReserved, hexDigits(path, 2), owner)
      case .pathNotReserved(let name, let path):
        CommandMessage(.pathNotReserved, name, hexDigits(path, 2))
      case .pathOffline(let path): CommandMessage(.pathOffline, hexDigits(path, 2))
      case .lastPath(let name, let path, let devices):
        CommandMessage(
          .lastPath, hexDigits(path, 2), name,
          devices.map { hexDigits($0, 4) }.joined(separator: " "))
      case .pathNotManaged(let path, let unit):
        CommandMessage(.pathNotManaged, hexDigits(path, 2), hexDigits(unit, 4))
      case .deviceNotFound(let device), .virtualDeviceNotFound(_, let device):
        CommandMessage(.deviceDoesNotExist, hexDigits(device, 4))
      case .deviceAlready(let device, let online):
        CommandMessage(.deviceAlready, hexDigits(device, 4), Self.lineState(online))
      case .deviceOffline(let device): CommandMessage(.deviceOffline, hexDigits(device, 4))
      case .deviceIdle(let device): CommandMessage(.deviceIdle, hexDigits(device, 4))
      case .deviceNotReserved(let device):
        CommandMessage(.deviceNotReserved, hexDigits(device, 4))
      case .deviceInUse(let device, let name, let virtual):
        CommandMessage(.deviceAttached, hexDigits(device, 4), name, hexDigits(virtual, 4))
      case .deviceNumberTaken(let name, let device, let virtual):
        CommandMessage(.deviceNumberTaken, hexDigits(device, 4), hexDigits(virtual, 4), name)
      case .deviceNotAttachable(let name, let device, let obstacle):
        CommandMessage(.deviceNotAttachable, hexDigits(device, 4), Self.text(obstacle, of: name))
      case .linkRefused(let owner, let device, let obstacle):
        Self.message(obstacle, owner, hexDigits(device, 4))
      case .deviceInGuestUse(let name, let device):
        CommandMessage(.deviceInGuestUse, name, hexDigits(device, 4))
      case .physicalProcessorNotFound(let number, let installed):
        CommandMessage(.physicalProcessorNotFound, hexDigits(number, 2), "\(installed)")
      case .physicalProcessorAlready(let number, let online):
        CommandMessage(.physicalProcessorAlready, hexDigits(number, 2), Self.lineState(online))
      case .physicalProcessorNeeded(let number, let name):
        CommandMessage(.physicalProcessorNeeded, hexDigits(number, 2), name)
      case .nothingToLoad(let name): CommandMessage(.nothingToLoad, name)
      case .unsupportedLoad(let name, let what): CommandMessage(.unsupportedLoad, name, what)
      case .loadFile(let name, let path, let reason):
        CommandMessage(.loadFile, name, path, reason + Self.preparation(of: path))
      case .loadImage(let name, let path, let reason):
        CommandMessage(.loadImage, name, path, reason)
      case .programNotFound(let name, let program, let known):
        CommandMessage(.programNotFound, name, program, known.joined(separator: " "))
      case .fileNotPermitted(let name, let file): CommandMessage(.fileNotPermitted, name, file)
      case .noFirstProcessor(let name): CommandMessage(.noFirstProcessor, name)
      case .registerNotFound(let register): CommandMessage(.invalidRegister, register)
      }
  }

  /// Why a minidisk was not linked to: 104E to 116E, as CP has them.
  private static func message(
    _ obstacle: LinkObstacle, _ owner: String, _ device: String
  ) -> CommandMessage {
    switch obstacle {
    case .notInDirectory: CommandMessage(.linkNotInDirectory, owner, device)
    case .notMounted(let volume): CommandMessage(.linkNotMounted, owner, device, volume.text)
    case .beyondVolume: CommandMessage(.linkConflict, owner, device, "directory conflict")
    case .numberTaken(let number):
      CommandMessage(.linkNumberTaken, owner, device, hexDigits(number, 4))
    case .noPlace: CommandMessage(.linkConflict, owner, device, "too many links")
    case .inUse(let readers, let writers) where readers.isEmpty:
      CommandMessage(.linkWritten, owner, device, usersText(writers))
    case .inUse(let readers, let writers) where writers.isEmpty:
      CommandMessage(.linkRead, owner, device, usersText(readers))
    case .inUse(let readers, let writers):
      CommandMessage(.linkWrittenAndRead, owner, device, usersText(writers), usersText(readers))
    }
  }

  private static func text(_ obstacle: DeviceObstacle, of name: String) -> String {
    switch obstacle {
    case .unreachable: "no channel path of \(name) leads to it"
    case .withoutMedium: "no DEVICE statement says what holds its blocks"
    case .file(let reason): "its file cannot be used: \(reason)"
    case .noPlace(let limit): "\(name) can have \(limit) devices"
    }
  }

  /// Not active is `not logged on`; active where it must not be is `already logged on`.
  private static func wrongState(
    _ name: String, is state: PartitionStatus, needs needed: [PartitionStatus]
  ) -> CommandMessage {
    if state == .notActivated { return CommandMessage(.notLoggedOn, name) }
    if needed == [.notActivated] { return CommandMessage(.alreadyLoggedOn, name) }
    return CommandMessage(
      .wrongState, name, state.rawValue, needed.map(\.rawValue).joined(separator: " or "))
  }

  /// What prepares a file of the demo's Linux, which is not part of the repository.
  private static func preparation(of path: String) -> String {
    path.split(separator: "/").contains("linux") ? "; Partitions/setup prepares it" : ""
  }

  private static func lineState(_ online: Bool) -> String {
    online ? "online" : "offline"
  }
}

/// Names that a message offers: in order, or `none`.
func knownText(_ names: [String]) -> String {
  names.isEmpty ? "none" : names.joined(separator: " ")
}

/// Who has a minidisk: the one user, or how many there are.
func usersText(_ names: [String]) -> String {
  names.count == 1 ? names.first ?? "" : "\(names.count) users"
}
