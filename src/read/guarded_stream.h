#pragma once

#include <dcmtk/dcmdata/dcistrma.h>

#include <cstdint>
#include <span>

namespace cxr {

/// Hands bytes to DCMTK's parser, and none any more once a file asks too much of it: DCMTK reads
/// sequences by recursion, however deep they are nested, and makes an object of each element.
class GuardedProducer : public DcmProducer {
 public:
  explicit GuardedProducer(std::span<const std::uint8_t> bytes);

  OFBool good() const override { return OFTrue; }
  OFCondition status() const override { return EC_Normal; }
  OFBool eos() override { return at_ == bytes_.size(); }
  offile_off_t avail() override;
  offile_off_t read(void* buffer, offile_off_t length) override;
  offile_off_t skip(offile_off_t length) override;
  void putback(offile_off_t length) override;

  std::span<const std::uint8_t> rest() const { return bytes_.subspan(at_); }

 private:
  bool is_allowed();

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  std::size_t reads_ = 0;
  bool is_refused_ = false;
  std::uintptr_t base_of_stack_;
};

/// The stream over it. Must be made in the function that calls the parser.
class GuardedStream : public DcmInputStream {
 public:
  explicit GuardedStream(std::span<const std::uint8_t> bytes)
      : DcmInputStream(&producer_), producer_(bytes) {}

  /// DCMTK asks for it at a value that is long, skips the value, and reads it later. Without one it
  /// would take memory for as much as the file states, even if the file ends before.
  DcmInputStreamFactory* newFactory() const override;

 private:
  GuardedProducer producer_;
};

}  // namespace cxr
