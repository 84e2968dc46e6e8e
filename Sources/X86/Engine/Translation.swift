// How a processor has its blocks translated.

extension CodeCache {
  /// Sees to it that there is a translator where one is wanted; the interpreter runs alone where the
  /// host runs no code of ours.
  func prepareTranslator() {
    guard engine == .translate, translationEntry == nil else { return }
    setTranslator(CodeMemory().map(Translator.init))
  }
}

extension Processor {
  /// Translates the block that begins to run, or sees to it that it is not tried again soon.
  func translate(_ block: Block) {
    let entry = block.operations
    guard let translator = cache.translator, TranslationHandlers.isEntry(entry) else { return }
    let bytes = UnsafeRawPointer(memory.window + block.page << 12)
    if block.mode != CodeMode.long64, !state.areSegmentsFlat {
      // They may be flat another time.
      entry.storeBytes(of: cache.runsBefore &* 4, toByteOffset: 12, as: Int32.self)
    } else if translator.isFull {
      // Code goes with the cache, where no block runs.
      cache.wantsRoom = true
      entry.storeBytes(of: TransferHandlers.nothing, as: Handler.self)
    } else if let code = translator.translate(
      block, bytes: bytes, features: identification.features, state: state)
    {
      let isLong = block.mode == CodeMode.long64
      entry.storeBytes(of: TranslationHandlers.entry(isLong: isLong), as: Handler.self)
      entry.storeBytes(of: code, toByteOffset: 8, as: UnsafeMutableRawPointer.self)
    } else {
      entry.storeBytes(of: TransferHandlers.nothing, as: Handler.self)
    }
  }
}
