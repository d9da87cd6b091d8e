#include "png.h"

#include <libdeflate.h>

#include <memory>
#include <new>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>

#include "base/atomic_file.h"

namespace cxr {
namespace {

using Bytes = std::vector<unsigned char>;

constexpr int kFastest = 1;
constexpr unsigned char kUp = 2;

void append_number(Bytes& bytes, std::size_t number) {
  for (const int shift : {24, 16, 8, 0}) {
    bytes.push_back(static_cast<unsigned char>(number >> shift));
  }
}

void append_chunk(Bytes& png, std::string_view type, const Bytes& content) {
  append_number(png, content.size());
  const std::size_t begin = png.size();
  png.insert(png.end(), type.begin(), type.end());
  png.insert(png.end(), content.begin(), content.end());
  append_number(png, libdeflate_crc32(0, &png[begin], png.size() - begin));
}

/// The rows, each after its filter's number, as differences from the row above.
Bytes filtered(const cv::Mat& picture) {
  cv::Mat rgb;
  cv::cvtColor(picture, rgb, cv::COLOR_BGR2RGB);
  const std::size_t width = rgb.elemSize() * static_cast<std::size_t>(rgb.cols);
  const Bytes black(width);
  Bytes rows((width + 1) * static_cast<std::size_t>(rgb.rows));
  unsigned char* out = rows.data();
  const unsigned char* above = black.data();
  for (int y = 0; y < rgb.rows; ++y) {
    const unsigned char* row = rgb.ptr(y);
    *out++ = kUp;
    for (std::size_t x = 0; x < width; ++x) {
      out[x] = static_cast<unsigned char>(row[x] - above[x]);
    }
    out += width;
    above = row;
  }
  return rows;
}

Bytes compressed(const Bytes& bytes) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(kFastest), libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  Bytes out(libdeflate_zlib_compress_bound(compressor.get(), bytes.size()));
  out.resize(libdeflate_zlib_compress(compressor.get(), bytes.data(), bytes.size(), out.data(),
                                      out.size()));
  return out;
}

/// OpenCV's run lengths are faster on masks.
Bytes encode_png(const cv::Mat& picture) {
  if (picture.type() == CV_8UC3) return encode_colour_png(picture);
  Bytes png;
  cv::imencode(".png", picture, png);
  return png;
}

}  // namespace

Bytes encode_colour_png(const cv::Mat& picture) {
  Bytes png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  Bytes header;
  append_number(header, static_cast<std::size_t>(picture.cols));
  append_number(header, static_cast<std::size_t>(picture.rows));
  header.insert(header.end(), {8, 2, 0, 0, 0});  // 8 bits, RGB, deflate, filters, not interlaced
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", compressed(filtered(picture)));
  append_chunk(png, "IEND", {});
  return png;
}

void write_png(const std::filesystem::path& file, const cv::Mat& picture) {
  const Bytes png = encode_png(picture);
  AtomicFile out(file);
  out.write({reinterpret_cast<const char*>(png.data()), png.size()});
  out.finish();
}

}  // namespace cxr
