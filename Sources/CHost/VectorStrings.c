// SSE4.2: comparisons of strings and CRC32. Source: Intel SDM volume 2, "Imm8 Control Byte Operation
// for PCMPESTRI / PCMPESTRM / PCMPISTRI / PCMPISTRM".
#include "Vector.h"
#include <string.h>

enum { words = 1, is_signed = 2 };

// Element `index` of a string, extended as the immediate says.
static int32_t element(const uint8_t *string, int index, uint32_t immediate) {
  if (immediate & words) {
    uint16_t value;
    memcpy(&value, string + 2 * index, 2);
    return immediate & is_signed ? (int16_t)value : value;
  }
  return immediate & is_signed ? (int8_t)string[index] : string[index];
}

uint32_t endicott_string_length(const void *string, uint32_t immediate) {
  const int limit = immediate & words ? 8 : 16;
  int length = 0;
  while (length < limit && element(string, length, immediate)) length++;
  return (uint32_t)length;
}

// Whether element `j` of the second string matches, by aggregation 0 (equal any), 1 (ranges),
// 2 (equal each) or 3 (equal ordered).
static int matches(const uint8_t *first, int first_length, const uint8_t *second,
                   int second_length, int j, uint32_t immediate) {
  const int limit = immediate & words ? 8 : 16;
  switch (immediate >> 2 & 3) {
    case 0:
      if (j >= second_length) return 0;
      for (int i = 0; i < first_length; i++)
        if (element(first, i, immediate) == element(second, j, immediate)) return 1;
      return 0;
    case 1:
      if (j >= second_length) return 0;
      for (int i = 0; i + 1 < first_length; i += 2)
        if (element(second, j, immediate) >= element(first, i, immediate)
            && element(second, j, immediate) <= element(first, i + 1, immediate))
          return 1;
      return 0;
    case 2:
      if (j >= first_length || j >= second_length)
        return j >= first_length && j >= second_length;
      return element(first, j, immediate) == element(second, j, immediate);
    default:
      for (int i = 0; i < first_length && i + j < limit; i++)
        if (i + j >= second_length
            || element(first, i, immediate) != element(second, i + j, immediate))
          return 0;
      return 1;
  }
}

uint32_t endicott_string_compare(const void *first, uint32_t first_length, const void *second,
                                 uint32_t second_length, uint32_t immediate) {
  const int limit = immediate & words ? 8 : 16;
  uint32_t result = 0;
  for (int j = 0; j < limit; j++)
    if (matches(first, (int)first_length, second, (int)second_length, j, immediate))
      result |= 1u << j;
  if (immediate & 0x10)
    result ^= immediate & 0x20 ? (1u << second_length) - 1 : (1u << limit) - 1;
  return result;
}

void endicott_string_mask(void *destination, uint32_t result, uint32_t immediate) {
  uint8_t mask[16] = {0};
  if (!(immediate & 0x40)) {
    mask[0] = (uint8_t)result;
    mask[1] = (uint8_t)(result >> 8);
  } else {
    for (int i = 0; i < 16; i++)
      mask[i] = result >> (immediate & words ? i / 2 : i) & 1 ? 0xFF : 0;
  }
  memcpy(destination, mask, 16);
}

uint32_t endicott_crc32(uint32_t sum, uint64_t value, uint32_t bytes) {
  // The remainders of four bits by the polynomial 11EDC6F41, bits reversed.
  static const uint32_t remainders[16] = {
    0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
    0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
  };
  for (uint32_t i = 0; i < bytes; i++) {
    sum ^= (uint8_t)(value >> 8 * i);
    sum = sum >> 4 ^ remainders[sum & 15];
    sum = sum >> 4 ^ remainders[sum & 15];
  }
  return sum;
}
