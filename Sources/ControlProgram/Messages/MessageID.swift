/// Every message that CP gives, named for its condition; the catalogue has its number and text.
///
/// Numbers below 8800 are CP's where it has the condition; 88nn are Endicott's own, for what only a
/// partition manager meets.
package enum MessageID: CaseIterable, Sendable {
  // Commands and operands
  case unknownCommand
  case invalidOperand
  case invalidOption
  case extraOption
  case invalidHexadecimal
  case invalidUserid
  case invalidRange
  case invalidRegister
  case conflictingOption
  case useridMissing
  case deviceMissing
  case virtualDeviceMissing
  case storageMissing
  case operandMissing
  case hexlocMissing
  case registerMissing
  case messageTextMissing
  case noPartition
  case needsConsole
  case unbalanced
  case invalidProcessor
  case outsideFolder
  case commandTooLong
  case nestedTooDeep
  // Users and partitions
  case notLoggedOn
  case queryUnavailable
  case ownSession
  case commandFailed
  case notInDirectory
  case alreadyLoggedOn
  case notReceiving
  case forcePending
  case noMatch
  case wrongState
  case forceNeeded
  case notAuthorized
  case classNeeded
  case profileNotFound
  case profileOnly
  case notInProfile
  case groupNotFound
  case loadProfileNotFound
  case cannotBeActive
  case terminationReported
  case terminationDelayed
  case terminationTimedOut
  case shutdownSignalNotEnabled
  // Processors and shares
  case baseProcessor
  case processorNotDefined
  case processorAlreadyDefined
  case processorBeyondReserved
  case lastProcessor
  case weightOutOfRange
  case shareOutOfRange
  case capOutOfRange
  case weightRange
  case runningTimeOutOfRange
  case ioPriorityOutOfRange
  case capacityOutOfRange
  case capacityUnknown
  case cappingConflict
  case shortProcessors
  case smallShare
  case noSharedProcessors
  case insufficientProcessors
  case physicalProcessorNotFound
  case physicalProcessorAlready
  case physicalProcessorNeeded
  // Storage
  case notMultipleOfIncrement
  case insufficientStorage
  case storageFragmented
  case originNotFree
  case storageLimit
  case storageNotRemovable
  case notInStorage
  case hostMemory
  case hostStorage
  case nothingToRecover
  case hostStorageUsedUp
  // Partitions that come and go
  case partitionName
  case partitionRange
  case partitionDefined
  case partitionLimit
  case partitionOfFolder
  case templateNotFound
  case notShareable
  case processorsNotDefinable
  case partitionActive
  // Networks inside the machine
  case switchNotFound
  case switchDefined
  case switchLimit
  case adapterNotFound
  case adapterNumberTaken
  case noPlaceForAdapter
  case noPlacesForAdapters
  case adapterGivenBack
  case adapterLeftOut
  case adapterConnected
  case adapterNotConnected
  case notGranted
  // Changes that wait for a guest
  case changePending
  case noPendingChange
  case guestNotListening
  case guestPlugsNoStorage
  case changeCompleted
  case changeRefused
  case changeExpired
  case changeStopped
  // Devices and channel paths
  case deviceDoesNotExist
  case deviceOffline
  case deviceNotAttachable
  case deviceNumberTaken
  case deviceAttached
  case deviceNotAttachedTo
  case deviceNotAttached
  case deviceAlready
  case deviceInGuestUse
  case deviceGivenBack
  case deviceLeftOut
  case invalidChannelPath
  case pathNotAllowed
  case pathAlready
  case pathInUse
  case pathReserved
  case pathNotReserved
  case pathOffline
  case lastPath
  case requestsWait
  // I/O configurations
  case deckRefused
  case noFormerDeck
  case deckFindings
  // Faults on purpose
  case pathFaultAlready
  case deviceFaultAbsent
  case faultOutOfRange
  // Loading and running
  case nothingToLoad
  case unsupportedLoad
  case loadFile
  case loadImage
  case programNotFound
  case loaded
  case guestRestarted
  case restartHeld
  case restartFailed
  case processorGivenBack
  case processorKept
  case fileNotPermitted
  case noFirstProcessor
  case activationNested
  case endedByCommand
  case disabledWait
  case tripleFault
  case unimplemented
  case unassigned
  // Records and reports
  case noRecords
  case recordsFailure
  case checkpointFailure
  case recovered
  case notRecovered
  case performedNotKept
  case notKeptYet
  case noSample
  case invalidInterval
  case noGlobalData
  // The system
  case shutdownDelayed
  case shutdownComplete
  case waitTimedOut
  case waitInterrupted
  case noSuchMessage
  case noHelp
  case scriptUnreadable
  case scriptStatement
  // The console
  case endsMachine
  case machineGoesOn
  case ownPartitionMissing
  case shutdownAtOnce
  case shutdownSignalled
  case familiarWord
  case eventsLost
}
