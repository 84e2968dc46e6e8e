@testable import Channels

// Acts from outside at the time that the subsystem has come to, for tests in which no time is quiet.

extension ChannelSubsystem {
  @discardableResult
  func configure(path number: UInt8, for partition: Int, online: Bool) -> Bool {
    configure(path: number, for: partition, online: online, at: clock)
  }

  @discardableResult
  func vary(path number: UInt8, subsystem: UInt8? = nil, online: Bool) -> Bool {
    vary(path: number, subsystem: subsystem, online: online, at: clock)
  }

  @discardableResult
  func vary(path number: UInt8, device: UInt16, of partition: Int, online: Bool) -> Bool {
    vary(path: number, device: device, of: partition, online: online, at: clock)
  }

  @discardableResult
  func setOperational(path number: UInt8, _ isOperational: Bool) -> Bool {
    setOperational(path: number, isOperational, at: clock)
  }

  func inject(_ fault: DeviceFault?, into number: UInt16, seed: UInt64) {
    inject(fault, into: number, seed: seed, at: clock)
  }

  func attach(_ access: GivenDevice, to partition: Int) {
    attach(access, to: partition, at: clock)
  }

  func activate(_ partition: Int) { activate(partition, at: clock) }
  func deactivate(_ partition: Int) { deactivate(partition, at: clock) }
  func reset(_ partition: Int) { reset(partition, at: clock) }
  func forget(_ partition: Int) { forget(partition, at: clock) }
}
