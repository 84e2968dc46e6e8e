import Platform

/// A message on its way out of a partition.
struct CrossingEvent {
  let partition: Int
  let computer: Computer
  let event: ComputerEvent
}
