#include "guarded_stream.h"

#include <algorithm>
#include <cstring>

namespace cxr {
namespace {

/// A nested sequence takes about 1 KiB; real ones are less than 20 deep.
constexpr std::uintptr_t kMaxStackBytes = std::uintptr_t{1} << 18;
/// Several for each element. The largest headers, those of multi-frame images, have some 100,000.
constexpr std::size_t kMaxReads = 4'000'000;

std::uintptr_t stack_here() { return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)); }

/// Makes streams of the same bytes, which must outlive them.
class GuardedStreamFactory : public DcmInputStreamFactory {
 public:
  explicit GuardedStreamFactory(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  DcmInputStream* create() const override { return new GuardedStream(bytes_); }
  DcmInputStreamFactory* clone() const override { return new GuardedStreamFactory(bytes_); }
  DcmInputStreamFactoryType ident() const override { return DFT_DcmInputFileStreamFactory; }

 private:
  std::span<const std::uint8_t> bytes_;
};

}  // namespace

GuardedProducer::GuardedProducer(std::span<const std::uint8_t> bytes)
    : bytes_(bytes), base_of_stack_(stack_here()) {}

bool GuardedProducer::is_allowed() {
  const std::uintptr_t here = stack_here();
  const std::uintptr_t depth =
      here < base_of_stack_ ? base_of_stack_ - here : here - base_of_stack_;
  if (depth > kMaxStackBytes) is_refused_ = true;
  if (++reads_ > kMaxReads) is_refused_ = true;
  return !is_refused_;
}

offile_off_t GuardedProducer::avail() {
  return is_allowed() ? static_cast<offile_off_t>(bytes_.size() - at_) : 0;
}

offile_off_t GuardedProducer::read(void* buffer, offile_off_t length) {
  const std::size_t begin = at_;
  const offile_off_t taken = skip(length);
  if (taken > 0) std::memcpy(buffer, bytes_.data() + begin, static_cast<std::size_t>(taken));
  return taken;
}

offile_off_t GuardedProducer::skip(offile_off_t length) {
  const offile_off_t taken = std::clamp<offile_off_t>(length, 0, avail());
  at_ += static_cast<std::size_t>(taken);
  return taken;
}

void GuardedProducer::putback(offile_off_t length) {
  at_ -= std::min(static_cast<std::size_t>(length), at_);
}

DcmInputStreamFactory* GuardedStream::newFactory() const {
  return new GuardedStreamFactory(producer_.rest());
}

}  // namespace cxr
