#include "dicom_data_set.h"

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcmetinf.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmdata/dcxfer.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "guarded_stream.h"
#include "inflate.h"

namespace cxr {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// More than any header has, icons and look-up tables included.
constexpr std::size_t kMaxInflatedHeader = std::size_t{32} << 20;
constexpr std::uint32_t kUndefinedLength = 0xFFFFFFFF;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }
[[noreturn]] void fail_damaged() { fail("is damaged or incomplete DICOM; copy it again"); }

std::uint32_t number_at(Bytes bytes, std::size_t at, bool is_big_endian = false) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= std::uint32_t{bytes[at + (is_big_endian ? 3 - i : i)]} << (8 * i);
  }
  return value;
}

bool has(Bytes bytes, std::size_t at, std::string_view text) {
  return at + text.size() <= bytes.size() &&
         std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

/// Whether an implicit element of group 8 is followed by another of the group, or the next.
bool is_followed_by_element(Bytes bytes) {
  const std::size_t next = 8 + std::size_t{number_at(bytes, 4)};
  if (next + 4 > bytes.size()) return true;
  const unsigned group = bytes[next] | unsigned{bytes[next + 1]} << 8;
  return group == 0x10 || (group == 0x08 && bytes[next + 2] > bytes[2]);
}

/// Whether the bytes are an element that a data set, or the meta header, begins with.
bool is_first_element(Bytes bytes) {
  using namespace std::string_view_literals;
  if (bytes.size() < 16) return false;
  const bool is_big_endian = has(bytes, 0, "\0\x08\0"sv);
  const bool is_meta = has(bytes, 0, "\x02\0"sv);
  if (!is_big_endian && !is_meta && !has(bytes, 0, "\x08\0"sv)) return false;
  const unsigned element = is_big_endian ? bytes[3] : bytes[2];
  if ((is_big_endian ? bytes[2] : bytes[3]) != 0 || element > 0x18) return false;
  static constexpr std::array kKinds = {"UL"sv, "UI"sv, "CS"sv, "OB"sv, "DA"sv, "TM"sv, "SQ"sv};
  const std::string_view kind(reinterpret_cast<const char*>(bytes.data()) + 4, 2);
  if (std::ranges::count(kKinds, kind) > 0) return true;
  const std::uint32_t length = number_at(bytes, 4);
  return !is_big_endian && !is_meta && length % 2 == 0 && length > 0 && length <= 128 &&
         is_followed_by_element(bytes);
}

/// Reads the file's meta header, where there is one, and returns where the data set begins.
std::size_t read_meta_header(Bytes file, E_TransferSyntax& syntax, bool& is_foreign) {
  GuardedStream stream(file);
  DcmMetaInfo meta;
  meta.transferInit();
  const OFCondition status = meta.read(stream, EXS_Unknown);
  meta.transferEnd();
  if (status.bad()) fail_damaged();
  OFString uid;
  if (meta.findAndGetOFString(DCM_TransferSyntaxUID, uid).good() && !uid.empty()) {
    syntax = DcmXfer(uid.c_str()).getXfer();
    is_foreign = syntax == EXS_Unknown;
  }
  return static_cast<std::size_t>(stream.tell());
}

/// How the elements are really encoded, by the first one; some files state another syntax.
E_TransferSyntax encoding_of(Bytes set, E_TransferSyntax stated) {
  if (set.size() < 8) return stated;
  const bool is_big_endian = set[0] < set[1];  // groups are small numbers
  const char kind[] = {static_cast<char>(set[4]), static_cast<char>(set[5]), 0};
  const bool is_explicit = DcmVR(kind).isStandard();
  const DcmXfer syntax(stated);
  const bool agrees = stated != EXS_Unknown && syntax.isExplicitVR() == is_explicit &&
                      (syntax.getByteOrder() == EBO_BigEndian) == is_big_endian;
  if (agrees) return stated;
  if (!is_explicit) return is_big_endian ? EXS_BigEndianImplicit : EXS_LittleEndianImplicit;
  return is_big_endian ? EXS_BigEndianExplicit : EXS_LittleEndianExplicit;
}

/// Whether pixels in this syntax are not compressed.
bool is_native(E_TransferSyntax syntax) {
  return syntax == EXS_Unknown || syntax == EXS_LittleEndianImplicit ||
         syntax == EXS_LittleEndianExplicit || syntax == EXS_BigEndianExplicit;
}

/// Whether the elements, as far as they could be read, are those of a report, a plan or the like.
bool states_no_image(DcmDataset& elements) {
  constexpr std::uint32_t kMostBytes = 64;  // memory is taken for as many as the file states
  DcmElement* element = nullptr;
  OFString sop_class;
  return elements.findAndGetElement(DCM_SOPClassUID, element).good() &&
         element->getLengthField() <= kMostBytes && element->getOFString(sop_class, 0).good() &&
         dcmIsaStorageSOPClassUID(sop_class.c_str()) &&
         !dcmIsImageStorageSOPClassUID(sop_class.c_str());
}

/// Whether a fragment begins a frame of JPEG, JPEG-LS or JPEG 2000.
bool begins_frame(Bytes fragment) {
  return has(fragment, 0, "\xFF\xD8") || has(fragment, 0, "\xFF\x4F");
}

}  // namespace

bool is_dicom(Bytes bytes) noexcept { return has(bytes, 128, "DICM") || is_first_element(bytes); }

DicomDataSet::DicomDataSet(Bytes file) {
  const std::size_t begin = read_meta_header(file, syntax_, is_foreign_);
  set_ = file.subspan(std::min(begin, file.size()));
  if (syntax_ == EXS_DeflatedLittleEndianExplicit) {
    deflated_ = set_;
    inflated_ = inflate_start(deflated_, kMaxInflatedHeader);
    set_ = inflated_;
    syntax_ = EXS_LittleEndianExplicit;
  }
  encoding_ = encoding_of(set_, syntax_);
  if (is_native(syntax_)) syntax_ = encoding_;
  find_pixels(parse(set_));
}

/// Returns where the value of the first element from Pixel Data on begins; 0, without elements, of
/// a damaged file that states that it has no image: an export's reports are not to fail it.
std::size_t DicomDataSet::parse(Bytes set) {
  GuardedStream stream(set);
  elements_.transferInit();
  const OFCondition status =
      elements_.readUntilTag(stream, encoding_, EGL_noChange, DCM_MaxReadLength, DCM_PixelData);
  elements_.transferEnd();
  if (status.bad() || elements_.loadAllDataIntoMemory().bad()) {
    if (!states_no_image(elements_)) fail_damaged();
    elements_.clear();
    return 0;
  }
  return static_cast<std::size_t>(stream.tell());
}

void DicomDataSet::find_pixels(std::size_t value) {
  using namespace std::string_view_literals;
  const DcmXfer syntax(encoding_);
  const bool is_big_endian = syntax.getByteOrder() == EBO_BigEndian;
  const std::size_t header = syntax.isExplicitVR() ? 12 : 8;
  const std::string_view tag = is_big_endian ? "\x7F\xE0\x00\x10"sv : "\xE0\x7F\x10\x00"sv;
  if (value < header || value > set_.size() || !has(set_, value - header, tag)) return;
  pixels_begin_ = value;
  pixels_length_ = number_at(set_, value - 4, is_big_endian);
  is_in_words_ = !syntax.isExplicitVR() || has(set_, value - header + 4, "OW");
}

Bytes DicomDataSet::native_pixels(std::size_t count) {
  if (is_foreign_) fail("has a transfer syntax that is not read; convert it");
  if (pixels_length_ == kUndefinedLength) fail_damaged();
  const std::size_t end = pixels_begin_ + count;
  if (set_.size() < end && !deflated_.empty()) {
    inflated_ = inflate_start(deflated_, end);
    set_ = inflated_;
  }
  if (set_.size() < end || pixels_length_ < count) fail("is incomplete: pixels are missing");
  return set_.subspan(pixels_begin_, count);
}

std::vector<std::uint8_t> DicomDataSet::first_frame(int frames) const {
  constexpr std::uint32_t kItem = 0xE000FFFE, kEnd = 0xE0DDFFFE;
  if (pixels_length_ != kUndefinedLength) fail_damaged();
  std::vector<std::uint8_t> frame;
  Bytes offsets;  // of frames, from the first fragment; the first item
  std::size_t begin = 0, count = 0;
  bool is_first = true;
  for (std::size_t at = pixels_begin_;; ++count) {
    if (set_.size() - at < 8) fail_damaged();
    const std::uint32_t tag = number_at(set_, at), length = number_at(set_, at + 4);
    if (tag == kEnd) break;
    if (tag != kItem || length > set_.size() - at - 8) fail_damaged();
    const Bytes item = set_.subspan(at + 8, length);
    if (count == 0) offsets = item;
    if (count == 1) begin = at;
    if (count > 1 && frames > 1) {
      is_first = is_first && (offsets.size() >= 8 ? at - begin < number_at(offsets, 4)
                                                  : begins_frame(frame) && !begins_frame(item));
    }
    if (count > 0 && is_first) frame.insert(frame.end(), item.begin(), item.end());
    at += 8 + length;
  }
  if (count < 2) fail("has no pixels");
  return frame;
}

}  // namespace cxr
