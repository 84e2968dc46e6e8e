import Foundation

/// Threads of the host, which may refuse them: no memory for a stack, or the limit on threads.
package enum HostThread {
  /// What a thread does, on its way there.
  private final class Start {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts a thread that ends when its body returns.
  ///
  /// - Parameters:
  ///   - stackByteCount: Room for its stack, whole pages.
  ///   - body: What it does.
  /// - Returns: Whether the host has given it; `body` is never called otherwise.
  package static func start(
    stackByteCount: Int, _ body: @escaping @Sendable () -> Void
  ) -> Bool {
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return false }
    defer { pthread_attr_destroy(&attributes) }
    guard pthread_attr_setstacksize(&attributes, stackByteCount) == 0,
      pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED)) == 0
    else { return false }
    let start = Unmanaged.passRetained(Start(body))
    var thread = pthread_t()
    let refusal = pthread_create(
      &thread, &attributes,
      { context in
        // Swift takes the argument over as an optional or not, by platform.
        let start: UnsafeMutableRawPointer? = context
        if let start { Unmanaged<Start>.fromOpaque(start).takeRetainedValue().body() }
        return nil
      }, start.toOpaque())
    guard refusal == 0 else {
      start.release()
      return false
    }
    return true
  }
}

/// Something that is found out on a thread of its own; where the host refuses one, before anything else.
package final class Errand<Value: Sendable>: @unchecked Sendable {
  // Unchecked because the value is used under the condition's lock only.

  private let condition = NSCondition()
  private var value: Value?

  /// Begins it.
  ///
  /// - Parameter work: Finds it out.
  package init(_ work: @escaping @Sendable () -> Value) {
    let perform = { @Sendable [self] in
      let value = work()
      condition.lock()
      defer { condition.unlock() }
      self.value = value
      condition.broadcast()
    }
    // As deep as states that are written as JSON are.
    if !HostThread.start(stackByteCount: 8 << 20, perform) { perform() }
  }

  /// Waits for what was found out.
  package func wait() -> Value {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let value { return value }
      condition.wait()
    }
  }
}
