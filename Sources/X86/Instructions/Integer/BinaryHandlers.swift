// The handlers of the two-operand family, one line each: operation, operand form, width. The order
// of operations is that of the opcode's bits 3-5 (ADD OR ADC SBB AND SUB XOR CMP), then TEST.

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer

@inline(__always) private func addRegisterRegister8(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Add.self, UInt8.self)
}
@inline(__always) private func addRegisterRegister16(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Add.self, UInt16.self)
}
@inline(__always) private func addRegisterRegister32(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Add.self, UInt32.self)
}
@inline(__always) private func addRegisterRegister64(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Add.self, UInt64.self)
}
@inline(__always) private func orRegisterRegister8(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Or.self, UInt8.self)
}
@inline(__always) private func orRegisterRegister16(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Or.self, UInt16.self)
}
@inline(__always) private func orRegisterRegister32(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Or.self, UInt32.self)
}
@inline(__always) private func orRegisterRegister64(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Or.self, UInt64.self)
}
@inline(__always) private func adcRegisterRegister8(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, AddWithCarry.self, UInt8.self)
}
@inline(__always) private func adcRegisterRegister16(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, AddWithCarry.self, UInt16.self)
}
@inline(__always) private func adcRegisterRegister32(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, AddWithCarry.self, UInt32.self)
}
@inline(__always) private func adcRegisterRegister64(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, AddWithCarry.self, UInt64.self)
}
@inline(__always) private func sbbRegisterRegister8(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, SubtractWithBorrow.self, UInt8.self)
}
@inline(__always) private func sbbRegisterRegister16(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, SubtractWithBorrow.self, UInt16.self)
}
@inline(__always) private func sbbRegisterRegister32(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, SubtractWithBorrow.self, UInt32.self)
}
@inline(__always) private func sbbRegisterRegister64(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, SubtractWithBorrow.self, UInt64.self)
}
@inline(__always) private func andRegisterRegister8(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, And.self, UInt8.self)
}
@inline(__always) private func andRegisterRegister16(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, And.self, UInt16.self)
}
@inline(__always) private func andRegisterRegister32(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, And.self, UInt32.self)
}
@inline(__always) private func andRegisterRegister64(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, And.self, UInt64.self)
}
@inline(__always) private func subRegisterRegister8(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Subtract.self, UInt8.self)
}
@inline(__always) private func subRegisterRegister16(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Subtract.self, UInt16.self)
}
@inline(__always) private func subRegisterRegister32(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Subtract.self, UInt32.self)
}
@inline(__always) private func subRegisterRegister64(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Subtract.self, UInt64.self)
}
@inline(__always) private func xorRegisterRegister8(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, ExclusiveOr.self, UInt8.self)
}
@inline(__always) private func xorRegisterRegister16(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, ExclusiveOr.self, UInt16.self)
}
@inline(__always) private func xorRegisterRegister32(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, ExclusiveOr.self, UInt32.self)
}
@inline(__always) private func xorRegisterRegister64(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, ExclusiveOr.self, UInt64.self)
}
@inline(__always) private func cmpRegisterRegister8(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Compare.self, UInt8.self)
}
@inline(__always) private func cmpRegisterRegister16(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Compare.self, UInt16.self)
}
@inline(__always) private func cmpRegisterRegister32(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Compare.self, UInt32.self)
}
@inline(__always) private func cmpRegisterRegister64(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Compare.self, UInt64.self)
}
@inline(__always) private func testRegisterRegister8(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Test.self, UInt8.self)
}
@inline(__always) private func testRegisterRegister16(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Test.self, UInt16.self)
}
@inline(__always) private func testRegisterRegister32(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Test.self, UInt32.self)
}
@inline(__always) private func testRegisterRegister64(_ r: Raw, _ o: At) {
  binaryRegisterRegister(r, o, Test.self, UInt64.self)
}
@inline(__always) private func addRegisterImmediate8(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Add.self, UInt8.self)
}
@inline(__always) private func addRegisterImmediate16(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Add.self, UInt16.self)
}
@inline(__always) private func addRegisterImmediate32(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Add.self, UInt32.self)
}
@inline(__always) private func addRegisterImmediate64(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Add.self, UInt64.self)
}
@inline(__always) private func orRegisterImmediate8(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Or.self, UInt8.self)
}
@inline(__always) private func orRegisterImmediate16(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Or.self, UInt16.self)
}
@inline(__always) private func orRegisterImmediate32(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Or.self, UInt32.self)
}
@inline(__always) private func orRegisterImmediate64(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Or.self, UInt64.self)
}
@inline(__always) private func adcRegisterImmediate8(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, AddWithCarry.self, UInt8.self)
}
@inline(__always) private func adcRegisterImmediate16(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, AddWithCarry.self, UInt16.self)
}
@inline(__always) private func adcRegisterImmediate32(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, AddWithCarry.self, UInt32.self)
}
@inline(__always) private func adcRegisterImmediate64(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, AddWithCarry.self, UInt64.self)
}
@inline(__always) private func sbbRegisterImmediate8(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, SubtractWithBorrow.self, UInt8.self)
}
@inline(__always) private func sbbRegisterImmediate16(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, SubtractWithBorrow.self, UInt16.self)
}
@inline(__always) private func sbbRegisterImmediate32(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, SubtractWithBorrow.self, UInt32.self)
}
@inline(__always) private func sbbRegisterImmediate64(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, SubtractWithBorrow.self, UInt64.self)
}
@inline(__always) private func andRegisterImmediate8(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, And.self, UInt8.self)
}
@inline(__always) private func andRegisterImmediate16(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, And.self, UInt16.self)
}
@inline(__always) private func andRegisterImmediate32(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, And.self, UInt32.self)
}
@inline(__always) private func andRegisterImmediate64(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, And.self, UInt64.self)
}
@inline(__always) private func subRegisterImmediate8(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Subtract.self, UInt8.self)
}
@inline(__always) private func subRegisterImmediate16(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Subtract.self, UInt16.self)
}
@inline(__always) private func subRegisterImmediate32(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Subtract.self, UInt32.self)
}
@inline(__always) private func subRegisterImmediate64(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Subtract.self, UInt64.self)
}
@inline(__always) private func xorRegisterImmediate8(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, ExclusiveOr.self, UInt8.self)
}
@inline(__always) private func xorRegisterImmediate16(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, ExclusiveOr.self, UInt16.self)
}
@inline(__always) private func xorRegisterImmediate32(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, ExclusiveOr.self, UInt32.self)
}
@inline(__always) private func xorRegisterImmediate64(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, ExclusiveOr.self, UInt64.self)
}
@inline(__always) private func cmpRegisterImmediate8(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Compare.self, UInt8.self)
}
@inline(__always) private func cmpRegisterImmediate16(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Compare.self, UInt16.self)
}
@inline(__always) private func cmpRegisterImmediate32(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Compare.self, UInt32.self)
}
@inline(__always) private func cmpRegisterImmediate64(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Compare.self, UInt64.self)
}
@inline(__always) private func testRegisterImmediate8(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Test.self, UInt8.self)
}
@inline(__always) private func testRegisterImmediate16(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Test.self, UInt16.self)
}
@inline(__always) private func testRegisterImmediate32(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Test.self, UInt32.self)
}
@inline(__always) private func testRegisterImmediate64(_ r: Raw, _ o: At) {
  binaryRegisterImmediate(r, o, Test.self, UInt64.self)
}
@inline(__always) private func addRegisterMemory8(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Add.self, UInt8.self)
}
@inline(__always) private func addRegisterMemory16(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Add.self, UInt16.self)
}
@inline(__always) private func addRegisterMemory32(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Add.self, UInt32.self)
}
@inline(__always) private func addRegisterMemory64(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Add.self, UInt64.self)
}
@inline(__always) private func orRegisterMemory8(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Or.self, UInt8.self)
}
@inline(__always) private func orRegisterMemory16(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Or.self, UInt16.self)
}
@inline(__always) private func orRegisterMemory32(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Or.self, UInt32.self)
}
@inline(__always) private func orRegisterMemory64(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Or.self, UInt64.self)
}
@inline(__always) private func adcRegisterMemory8(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, AddWithCarry.self, UInt8.self)
}
@inline(__always) private func adcRegisterMemory16(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, AddWithCarry.self, UInt16.self)
}
@inline(__always) private func adcRegisterMemory32(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, AddWithCarry.self, UInt32.self)
}
@inline(__always) private func adcRegisterMemory64(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, AddWithCarry.self, UInt64.self)
}
@inline(__always) private func sbbRegisterMemory8(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, SubtractWithBorrow.self, UInt8.self)
}
@inline(__always) private func sbbRegisterMemory16(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, SubtractWithBorrow.self, UInt16.self)
}
@inline(__always) private func sbbRegisterMemory32(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, SubtractWithBorrow.self, UInt32.self)
}
@inline(__always) private func sbbRegisterMemory64(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, SubtractWithBorrow.self, UInt64.self)
}
@inline(__always) private func andRegisterMemory8(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, And.self, UInt8.self)
}
@inline(__always) private func andRegisterMemory16(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, And.self, UInt16.self)
}
@inline(__always) private func andRegisterMemory32(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, And.self, UInt32.self)
}
@inline(__always) private func andRegisterMemory64(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, And.self, UInt64.self)
}
@inline(__always) private func subRegisterMemory8(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Subtract.self, UInt8.self)
}
@inline(__always) private func subRegisterMemory16(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Subtract.self, UInt16.self)
}
@inline(__always) private func subRegisterMemory32(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Subtract.self, UInt32.self)
}
@inline(__always) private func subRegisterMemory64(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Subtract.self, UInt64.self)
}
@inline(__always) private func xorRegisterMemory8(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, ExclusiveOr.self, UInt8.self)
}
@inline(__always) private func xorRegisterMemory16(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, ExclusiveOr.self, UInt16.self)
}
@inline(__always) private func xorRegisterMemory32(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, ExclusiveOr.self, UInt32.self)
}
@inline(__always) private func xorRegisterMemory64(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, ExclusiveOr.self, UInt64.self)
}
@inline(__always) private func cmpRegisterMemory8(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Compare.self, UInt8.self)
}
@inline(__always) private func cmpRegisterMemory16(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Compare.self, UInt16.self)
}
@inline(__always) private func cmpRegisterMemory32(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Compare.self, UInt32.self)
}
@inline(__always) private func cmpRegisterMemory64(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Compare.self, UInt64.self)
}
@inline(__always) private func testRegisterMemory8(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Test.self, UInt8.self)
}
@inline(__always) private func testRegisterMemory16(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Test.self, UInt16.self)
}
@inline(__always) private func testRegisterMemory32(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Test.self, UInt32.self)
}
@inline(__always) private func testRegisterMemory64(_ r: Raw, _ o: At) {
  binaryRegisterMemory(r, o, Test.self, UInt64.self)
}
@inline(__always) private func addMemoryRegister8(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Add.self, UInt8.self)
}
@inline(__always) private func addMemoryRegister16(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Add.self, UInt16.self)
}
@inline(__always) private func addMemoryRegister32(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Add.self, UInt32.self)
}
@inline(__always) private func addMemoryRegister64(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Add.self, UInt64.self)
}
@inline(__always) private func orMemoryRegister8(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Or.self, UInt8.self)
}
@inline(__always) private func orMemoryRegister16(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Or.self, UInt16.self)
}
@inline(__always) private func orMemoryRegister32(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Or.self, UInt32.self)
}
@inline(__always) private func orMemoryRegister64(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Or.self, UInt64.self)
}
@inline(__always) private func adcMemoryRegister8(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, AddWithCarry.self, UInt8.self)
}
@inline(__always) private func adcMemoryRegister16(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, AddWithCarry.self, UInt16.self)
}
@inline(__always) private func adcMemoryRegister32(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, AddWithCarry.self, UInt32.self)
}
@inline(__always) private func adcMemoryRegister64(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, AddWithCarry.self, UInt64.self)
}
@inline(__always) private func sbbMemoryRegister8(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, SubtractWithBorrow.self, UInt8.self)
}
@inline(__always) private func sbbMemoryRegister16(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, SubtractWithBorrow.self, UInt16.self)
}
@inline(__always) private func sbbMemoryRegister32(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, SubtractWithBorrow.self, UInt32.self)
}
@inline(__always) private func sbbMemoryRegister64(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, SubtractWithBorrow.self, UInt64.self)
}
@inline(__always) private func andMemoryRegister8(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, And.self, UInt8.self)
}
@inline(__always) private func andMemoryRegister16(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, And.self, UInt16.self)
}
@inline(__always) private func andMemoryRegister32(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, And.self, UInt32.self)
}
@inline(__always) private func andMemoryRegister64(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, And.self, UInt64.self)
}
@inline(__always) private func subMemoryRegister8(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Subtract.self, UInt8.self)
}
@inline(__always) private func subMemoryRegister16(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Subtract.self, UInt16.self)
}
@inline(__always) private func subMemoryRegister32(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Subtract.self, UInt32.self)
}
@inline(__always) private func subMemoryRegister64(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Subtract.self, UInt64.self)
}
@inline(__always) private func xorMemoryRegister8(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, ExclusiveOr.self, UInt8.self)
}
@inline(__always) private func xorMemoryRegister16(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, ExclusiveOr.self, UInt16.self)
}
@inline(__always) private func xorMemoryRegister32(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, ExclusiveOr.self, UInt32.self)
}
@inline(__always) private func xorMemoryRegister64(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, ExclusiveOr.self, UInt64.self)
}
@inline(__always) private func cmpMemoryRegister8(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Compare.self, UInt8.self)
}
@inline(__always) private func cmpMemoryRegister16(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Compare.self, UInt16.self)
}
@inline(__always) private func cmpMemoryRegister32(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Compare.self, UInt32.self)
}
@inline(__always) private func cmpMemoryRegister64(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Compare.self, UInt64.self)
}
@inline(__always) private func testMemoryRegister8(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Test.self, UInt8.self)
}
@inline(__always) private func testMemoryRegister16(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Test.self, UInt16.self)
}
@inline(__always) private func testMemoryRegister32(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Test.self, UInt32.self)
}
@inline(__always) private func testMemoryRegister64(_ r: Raw, _ o: At) {
  binaryMemoryRegister(r, o, Test.self, UInt64.self)
}
@inline(__always) private func addMemoryImmediate8(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Add.self, UInt8.self)
}
@inline(__always) private func addMemoryImmediate16(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Add.self, UInt16.self)
}
@inline(__always) private func addMemoryImmediate32(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Add.self, UInt32.self)
}
@inline(__always) private func addMemoryImmediate64(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Add.self, UInt64.self)
}
@inline(__always) private func orMemoryImmediate8(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Or.self, UInt8.self)
}
@inline(__always) private func orMemoryImmediate16(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Or.self, UInt16.self)
}
@inline(__always) private func orMemoryImmediate32(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Or.self, UInt32.self)
}
@inline(__always) private func orMemoryImmediate64(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Or.self, UInt64.self)
}
@inline(__always) private func adcMemoryImmediate8(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, AddWithCarry.self, UInt8.self)
}
@inline(__always) private func adcMemoryImmediate16(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, AddWithCarry.self, UInt16.self)
}
@inline(__always) private func adcMemoryImmediate32(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, AddWithCarry.self, UInt32.self)
}
@inline(__always) private func adcMemoryImmediate64(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, AddWithCarry.self, UInt64.self)
}
@inline(__always) private func sbbMemoryImmediate8(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, SubtractWithBorrow.self, UInt8.self)
}
@inline(__always) private func sbbMemoryImmediate16(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, SubtractWithBorrow.self, UInt16.self)
}
@inline(__always) private func sbbMemoryImmediate32(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, SubtractWithBorrow.self, UInt32.self)
}
@inline(__always) private func sbbMemoryImmediate64(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, SubtractWithBorrow.self, UInt64.self)
}
@inline(__always) private func andMemoryImmediate8(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, And.self, UInt8.self)
}
@inline(__always) private func andMemoryImmediate16(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, And.self, UInt16.self)
}
@inline(__always) private func andMemoryImmediate32(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, And.self, UInt32.self)
}
@inline(__always) private func andMemoryImmediate64(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, And.self, UInt64.self)
}
@inline(__always) private func subMemoryImmediate8(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Subtract.self, UInt8.self)
}
@inline(__always) private func subMemoryImmediate16(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Subtract.self, UInt16.self)
}
@inline(__always) private func subMemoryImmediate32(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Subtract.self, UInt32.self)
}
@inline(__always) private func subMemoryImmediate64(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Subtract.self, UInt64.self)
}
@inline(__always) private func xorMemoryImmediate8(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, ExclusiveOr.self, UInt8.self)
}
@inline(__always) private func xorMemoryImmediate16(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, ExclusiveOr.self, UInt16.self)
}
@inline(__always) private func xorMemoryImmediate32(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, ExclusiveOr.self, UInt32.self)
}
@inline(__always) private func xorMemoryImmediate64(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, ExclusiveOr.self, UInt64.self)
}
@inline(__always) private func cmpMemoryImmediate8(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Compare.self, UInt8.self)
}
@inline(__always) private func cmpMemoryImmediate16(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Compare.self, UInt16.self)
}
@inline(__always) private func cmpMemoryImmediate32(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Compare.self, UInt32.self)
}
@inline(__always) private func cmpMemoryImmediate64(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Compare.self, UInt64.self)
}
@inline(__always) private func testMemoryImmediate8(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Test.self, UInt8.self)
}
@inline(__always) private func testMemoryImmediate16(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Test.self, UInt16.self)
}
@inline(__always) private func testMemoryImmediate32(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Test.self, UInt32.self)
}
@inline(__always) private func testMemoryImmediate64(_ r: Raw, _ o: At) {
  binaryMemoryImmediate(r, o, Test.self, UInt64.self)
}

/// Handlers by operation * 4 + log2(bytes).
enum BinaryHandlers {
  static let registerRegister: [Handler] = [
    addRegisterRegister8, addRegisterRegister16, addRegisterRegister32, addRegisterRegister64,
    orRegisterRegister8, orRegisterRegister16, orRegisterRegister32, orRegisterRegister64,
    adcRegisterRegister8, adcRegisterRegister16, adcRegisterRegister32, adcRegisterRegister64,
    sbbRegisterRegister8, sbbRegisterRegister16, sbbRegisterRegister32, sbbRegisterRegister64,
    andRegisterRegister8, andRegisterRegister16, andRegisterRegister32, andRegisterRegister64,
    subRegisterRegister8, subRegisterRegister16, subRegisterRegister32, subRegisterRegister64,
    xorRegisterRegister8, xorRegisterRegister16, xorRegisterRegister32, xorRegisterRegister64,
    cmpRegisterRegister8, cmpRegisterRegister16, cmpRegisterRegister32, cmpRegisterRegister64,
    testRegisterRegister8, testRegisterRegister16, testRegisterRegister32, testRegisterRegister64,
  ]
  static let registerImmediate: [Handler] = [
    addRegisterImmediate8, addRegisterImmediate16, addRegisterImmediate32, addRegisterImmediate64,
    orRegisterImmediate8, orRegisterImmediate16, orRegisterImmediate32, orRegisterImmediate64,
    adcRegisterImmediate8, adcRegisterImmediate16, adcRegisterImmediate32, adcRegisterImmediate64,
    sbbRegisterImmediate8, sbbRegisterImmediate16, sbbRegisterImmediate32, sbbRegisterImmediate64,
    andRegisterImmediate8, andRegisterImmediate16, andRegisterImmediate32, andRegisterImmediate64,
    subRegisterImmediate8, subRegisterImmediate16, subRegisterImmediate32, subRegisterImmediate64,
    xorRegisterImmediate8, xorRegisterImmediate16, xorRegisterImmediate32, xorRegisterImmediate64,
    cmpRegisterImmediate8, cmpRegisterImmediate16, cmpRegisterImmediate32, cmpRegisterImmediate64,
    testRegisterImmediate8, testRegisterImmediate16, testRegisterImmediate32,
    testRegisterImmediate64,
  ]
  static let registerMemory: [Handler] = [
    addRegisterMemory8, addRegisterMemory16, addRegisterMemory32, addRegisterMemory64,
    orRegisterMemory8, orRegisterMemory16, orRegisterMemory32, orRegisterMemory64,
    adcRegisterMemory8, adcRegisterMemory16, adcRegisterMemory32, adcRegisterMemory64,
    sbbRegisterMemory8, sbbRegisterMemory16, sbbRegisterMemory32, sbbRegisterMemory64,
    andRegisterMemory8, andRegisterMemory16, andRegisterMemory32, andRegisterMemory64,
    subRegisterMemory8, subRegisterMemory16, subRegisterMemory32, subRegisterMemory64,
    xorRegisterMemory8, xorRegisterMemory16, xorRegisterMemory32, xorRegisterMemory64,
    cmpRegisterMemory8, cmpRegisterMemory16, cmpRegisterMemory32, cmpRegisterMemory64,
    testRegisterMemory8, testRegisterMemory16, testRegisterMemory32, testRegisterMemory64,
  ]
  static let memoryRegister: [Handler] = [
    addMemoryRegister8, addMemoryRegister16, addMemoryRegister32, addMemoryRegister64,
    orMemoryRegister8, orMemoryRegister16, orMemoryRegister32, orMemoryRegister64,
    adcMemoryRegister8, adcMemoryRegister16, adcMemoryRegister32, adcMemoryRegister64,
    sbbMemoryRegister8, sbbMemoryRegister16, sbbMemoryRegister32, sbbMemoryRegister64,
    andMemoryRegister8, andMemoryRegister16, andMemoryRegister32, andMemoryRegister64,
    subMemoryRegister8, subMemoryRegister16, subMemoryRegister32, subMemoryRegister64,
    xorMemoryRegister8, xorMemoryRegister16, xorMemoryRegister32, xorMemoryRegister64,
    cmpMemoryRegister8, cmpMemoryRegister16, cmpMemoryRegister32, cmpMemoryRegister64,
    testMemoryRegister8, testMemoryRegister16, testMemoryRegister32, testMemoryRegister64,
  ]
  static let memoryImmediate: [Handler] = [
    addMemoryImmediate8, addMemoryImmediate16, addMemoryImmediate32, addMemoryImmediate64,
    orMemoryImmediate8, orMemoryImmediate16, orMemoryImmediate32, orMemoryImmediate64,
    adcMemoryImmediate8, adcMemoryImmediate16, adcMemoryImmediate32, adcMemoryImmediate64,
    sbbMemoryImmediate8, sbbMemoryImmediate16, sbbMemoryImmediate32, sbbMemoryImmediate64,
    andMemoryImmediate8, andMemoryImmediate16, andMemoryImmediate32, andMemoryImmediate64,
    subMemoryImmediate8, subMemoryImmediate16, subMemoryImmediate32, subMemoryImmediate64,
    xorMemoryImmediate8, xorMemoryImmediate16, xorMemoryImmediate32, xorMemoryImmediate64,
    cmpMemoryImmediate8, cmpMemoryImmediate16, cmpMemoryImmediate32, cmpMemoryImmediate64,
    testMemoryImmediate8, testMemoryImmediate16, testMemoryImmediate32, testMemoryImmediate64,
  ]
}
