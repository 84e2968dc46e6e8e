import Channels

/// Why an action was refused.
///
/// Nothing was changed. Front ends map every case, without a default.
package indirect enum ManagementError: Error, Equatable, Sendable, Codable {
  /// No definition has the name.
  case partitionNotFound(String)
  /// The partition is in a state in which the action means nothing.
  case wrongState(String, is: PartitionStatus, needs: [PartitionStatus])
  /// The action would end a running guest, which only `force` does.
  case forceNeeded(String, is: PartitionStatus)
  /// A partition's author lacks a permission that the action needs.
  case notAuthorized(String, needs: SecuritySwitch)
  /// A user has none of the privilege classes that the action needs.
  case classNeeded(String, needs: PrivilegeClasses)
  /// A COMMAND statement of the partition's definition failed, with its error message.
  case commandFailed(String, command: String, answer: String)
  /// The COMMAND statements of a partition that is being activated lead to it.
  case activationNested(String, commandsOf: String)
  /// Nothing of the partition was lost with an earlier machine.
  case nothingToRecover(String)

  // Partitions that come and go
  /// A name that no partition can get: it is not 1-8 characters A-Z 0-9 @ # $, or CP's, or a user's.
  case partitionName(String)
  /// Two names that are not the ends of a numbered range.
  case partitionRange(String, String)
  /// The name is a partition's already.
  case partitionDefined(String)
  /// There would be more partitions than there can be.
  case partitionLimit(Int)
  /// The machine's folder defines the partition, which was deleted: it comes back as it is there.
  case partitionOfFolder(String)
  /// Neither a partition nor a PROFILE of the directory has the name; `known` are those PROFILEs.
  case templateNotFound(String, known: [String])
  /// A path does not lead to a partition's device, by its own number.
  case pathNotToDevice(String, path: UInt8, device: UInt16)
  /// A path to a partition's device is on or off line already.
  case devicePathAlready(String, path: UInt8, device: UInt16, online: Bool)
  /// An I/O configuration cannot be activated, for every reason that there is.
  case deckRefused(String, [DeckObstacle])
  /// No I/O configuration was activated, so that there is none to recover.
  case noDeckActivated
  /// No virtual switch has this name.
  case switchNotFound(String, known: [String])
  /// There is a virtual switch of this name.
  case switchDefined(String)
  /// There are as many virtual switches as there may be.
  case switchLimit(Int)
  /// The virtual switch has no uplink.
  case noUplink(String)
  /// The virtual switch's uplink is connected or disconnected already.
  case uplinkAlready(String, connected: Bool)
  /// The partition has no network adapter of this number.
  case adapterNotFound(String, UInt16, known: [UInt16])
  /// The partition has a device of this number already.
  case adapterNumberTaken(String, UInt16)
  /// The partition has as many devices as it can have; `limit` is 0 where none can come.
  case noPlaceForAdapter(String, UInt16, limit: Int)
  /// The network adapter is connected to a switch.
  case adapterConnected(String, UInt16, to: String)
  /// The network adapter is connected to no switch.
  case adapterNotConnected(String, UInt16)
  /// The partition may not connect to the switch.
  case notGranted(String, network: String)
  /// The partition has no end of a channel of this number.
  case channelEndNotFound(String, UInt16)
  /// The end of a channel is only for another partition.
  case channelEndReserved(UInt16, of: String, UInt16)
  /// The end of a channel is connected, or the one that is to be connected to it.
  case channelEndBusy(UInt16, of: String, UInt16)
  /// What is to be copied has devices, each of which one partition has.
  case notShareable(String, devices: [UInt16])
  /// No processors on line, more than `limit`, or shared and dedicated ones together.
  case processorsNotDefinable(String, limit: Int)
  /// The partition is active, and only one that is not can be deleted.
  case partitionActive(String, is: PartitionStatus)

  /// One of several actions that were asked for together; `position` is its place among them, from 0.
  case inBatch(position: Int, ManagementError)

  // Profiles and groups
  /// The partition has no image profile of the name; `known` are those that it has.
  case profileNotFound(String, profile: String, known: [String])
  /// The action changes nothing that a profile holds.
  case notInProfile(ManagementAction)
  /// No group has the name; `known` are the machine's.
  case groupNotFound(String, known: [String])

  // Processor resource
  /// A weight outside `allowed` (1-999, or the definition's MINWEIGHT and MAXWEIGHT).
  case weightOutOfRange(Int, allowed: ClosedRange<Int>)
  /// A weight range that is not 1 <= minimum <= weight <= maximum <= 999.
  case weightRange(minimum: Int, weight: Int, maximum: Int)
  /// A running time outside 1-100 ms, in nanoseconds.
  case runningTimeOutOfRange(UInt64)
  /// The priority in input and output is not 0-15.
  case ioPriorityOutOfRange(Int)
  /// A time after which an interrupt is missing is not 00:01 to 99:59, in seconds.
  case missingInterruptTimeOutOfRange(Int)
  /// A capacity limit outside 1-999999 MSU.
  case capacityOutOfRange(Int)
  /// The machine's definition says no MSU for the processors of the type.
  case capacityUnknown(ProcessorType)
  /// Initial capping and defined capacity exclude each other on CP processors.
  case cappingConflict(String)
  /// A share outside 1-10000 (relative) or 0.1-100 % (absolute, here in hundredths of a percent).
  case shareOutOfRange(ShareAmount)
  /// A cap outside 0.01-255.00 processors, in hundredths.
  case capOutOfRange(Int)
  /// The partition has no shared processors of the type, so weight and cap mean nothing.
  case noSharedProcessors(String, ProcessorType?)
  /// Too few physical processors of the type are free.
  case insufficientProcessors(String, ProcessorType, needed: Int, available: Int)
  /// A logical processor's number that the definition does not reach: initial plus reserved.
  case processorNotDefined(String, processor: Int, defined: Int)
  /// The logical processor is on line already.
  case processorOnline(String, processor: Int)
  /// The logical processor is not on line.
  case processorNotOnline(String, processor: Int)
  /// The partition's last running processor cannot go.
  case lastProcessor(String, processor: Int)

  // Storage
  /// Bytes that are no positive multiple of the increment.
  case notMultipleOfIncrement(UInt64, increment: UInt64)
  /// Too little storage of the machine is free.
  case insufficientStorage(String, needed: UInt64, free: UInt64)
  /// Enough is free for an activation, but not in one piece.
  case storageFragmented(String, needed: UInt64, largest: UInt64)
  /// The storage asked for at ORIGIN is not free or not installed.
  case originNotFree(String, origin: UInt64, needed: UInt64)
  /// More than initial plus reserved, in bytes.
  case storageLimit(String, requested: UInt64, limit: UInt64)
  /// More than can be taken from the partition: its first increment stays.
  case storageNotRemovable(String, requested: UInt64, removable: UInt64)
  /// An address range that is not the partition's storage.
  case notStorage(String, address: UInt64, byteCount: Int)
  /// The host has no memory for the partition's window.
  case hostMemory(String)
  /// HOSTSTORAGE does not hold what is needed beside what guests have written, in bytes.
  case hostStorage(String, needed: UInt64, used: UInt64, limit: UInt64)

  // Changes under way
  /// The same thing is being changed already.
  case changePending(String, PendingChange)
  /// Nothing is pending.
  case noPendingChange(String)
  /// The guest takes no notices, so only UNCOND or FORCE can take a thing from it.
  case guestNotListening(String)
  /// The guest serves no memory device, by which it would take storage and give it back.
  case guestPlugsNoStorage(String)
  /// The guest listens to no shutdown signal.
  case shutdownSignalNotEnabled(String)

  // Channel paths
  /// No such channel path in the I/O configuration.
  case pathNotFound(UInt8)
  /// The partition is not in the path's candidate list.
  case pathNotAllowed(String, path: UInt8)
  /// The path is in that state already; the name is nil for the whole machine.
  case pathAlready(String?, path: UInt8, online: Bool)
  /// A reconfigurable or dedicated path that another partition has on line.
  case pathInUse(String, path: UInt8, by: String)
  /// A reconfigurable path that isolation keeps for a partition that had it.
  case pathReserved(String, path: UInt8, for: String)
  /// The partition has no path of that number reserved by isolation.
  case pathNotReserved(String, path: UInt8)
  /// The path is varied off for the whole machine.
  case pathOffline(UInt8)
  /// The last path to devices of a partition; UNCOND or FORCE would take it.
  case lastPath(String, path: UInt8, devices: [UInt16])

  /// The machine does not manage the path, or the control unit cannot have it.
  case pathNotManaged(UInt8, unit: UInt16)

  // Devices
  /// No such device in the I/O configuration.
  case deviceNotFound(UInt16)
  /// The device is in that state already.
  case deviceAlready(UInt16, online: Bool)
  /// The device is varied off line, or no path to it works.
  case deviceOffline(UInt16)
  /// The device has nothing to do that could be halted.
  case deviceIdle(UInt16)
  /// Nobody has reserved the device, or registered to.
  case deviceNotReserved(UInt16)
  /// A partition has the device, under that number of its own.
  case deviceInUse(UInt16, by: String, as: UInt16)
  /// The partition has a device of that number of its own.
  case deviceNumberTaken(String, device: UInt16, as: UInt16)
  /// The partition cannot have the device.
  case deviceNotAttachable(String, device: UInt16, DeviceObstacle)
  /// A partition is not linked to a minidisk of this owner, by the owner's number.
  case linkRefused(String, device: UInt16, LinkObstacle)
  /// The partition has no device of that number of its own.
  case virtualDeviceNotFound(String, device: UInt16)
  /// A guest that cannot be asked uses the device, by the partition's own number: only FORCE takes it.
  case deviceInGuestUse(String, device: UInt16)

  // Faults on purpose
  /// The path fails on purpose already, or does not.
  case pathFaultAlready(UInt8, fails: Bool)
  /// Nothing is wrong with the device on purpose.
  case deviceFaultAbsent(UInt16)
  /// A device cannot have such a fault.
  case faultOutOfRange(UInt16, DeviceFault)

  // The machine's processors
  /// No such physical processor.
  case physicalProcessorNotFound(Int, installed: Int)
  /// The physical processor is in that state already.
  case physicalProcessorAlready(Int, online: Bool)
  /// The physical processor is dedicated, or the last that a pool's partitions need.
  case physicalProcessorNeeded(Int, by: String)

  // Loading
  /// The definition names nothing to load.
  case nothingToLoad(String)
  /// A form of IPL that this version does not do, as the definition says it.
  case unsupportedLoad(String, what: String)
  /// A file to load cannot be read; `reason` is the host's.
  case loadFile(String, path: String, reason: String)
  /// A file to load is not what it should be; `reason` says what was found.
  case loadImage(String, path: String, reason: String)
  /// No guest program of that name.
  case programNotFound(String, program: String, known: [String])

  /// A partition's author wants a file loaded that nothing names for the partition.
  case fileNotPermitted(String, file: String)
  /// The partition's first processor, at which a load and a restart begin, is not on line.
  case noFirstProcessor(String)

  // Display and store
  /// No register of that name.
  case registerNotFound(String)
}

extension ManagementError {
  /// The refusal itself, whether the action was one of several or not.
  package var cause: ManagementError {
    if case .inBatch(_, let refusal) = self { refusal.cause } else { self }
  }
}
