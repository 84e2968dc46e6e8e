/// Nanoseconds of simulated time since the machine's IPL.
package typealias SimulatedTime = UInt64
