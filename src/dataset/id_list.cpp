#include "id_list.h"

#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string_view>

#include "base/json_text.h"
#include "cxr/error.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDatasetStage = "dataset";
constexpr std::string_view kMagic("\x93NUMPY", 6);

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::error_code ignored;
  if (!stream || fs::is_directory(file, ignored)) {
    throw Error(kDatasetStage, file.string(), "cannot be opened for reading");
  }
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Little-endian number.
std::size_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::size_t value = 0;
  for (std::size_t i = size; i-- > 0;)
    value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

/// NumPy's format, version 1 to 3: magic, version, length of the header, header (a Python literal),
/// items. An item of `<U36` is 36 code points of four bytes, of `|S36` 36 bytes, padded with zeros.
std::set<std::string> ids_of_npy(const fs::path& file, std::string_view bytes) {
  const auto refuse = [&] {
    throw Error(kDatasetStage, file.string(), "is not an .npy file of texts (type <U or |S)");
  };
  if (bytes.size() < 12) refuse();
  const std::size_t length_size = bytes[6] == 1 ? 2 : 4;
  const std::size_t begin = 8 + length_size + number_at(bytes, 8, length_size);
  if (begin > bytes.size()) refuse();
  const std::string header(bytes.substr(0, begin));
  std::smatch type;
  if (!std::regex_search(header, type, std::regex(R"('descr': '(<U|\|S)([0-9]{1,4})')"))) refuse();
  const std::size_t letter_size = type.str(1) == "<U" ? 4 : 1;
  std::size_t letters = 0;
  const std::string digits = type.str(2);
  std::from_chars(digits.data(), digits.data() + digits.size(), letters);
  if (letters == 0 || (bytes.size() - begin) % (letters * letter_size) != 0) refuse();
  std::set<std::string> ids;
  for (std::size_t item = begin; item < bytes.size(); item += letters * letter_size) {
    std::string id;
    for (std::size_t i = 0; i < letters; ++i) {
      const std::size_t letter = number_at(bytes, item + i * letter_size, letter_size);
      if (letter > 127) refuse();  // identifiers are ASCII
      if (letter != 0) id += static_cast<char>(letter);
    }
    ids.insert(id);
  }
  return ids;
}

std::set<std::string> ids_of_text(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

}  // namespace

std::set<std::string> read_id_list(const fs::path& file) {
  const std::string bytes = bytes_of(file);
  std::set<std::string> ids =
      bytes.starts_with(kMagic) ? ids_of_npy(file, bytes) : ids_of_text(bytes);
  if (ids.empty()) throw Error(kDatasetStage, file.string(), "contains no identifiers");
  return ids;
}

std::set<std::string> read_id_object(const fs::path& file) {
  const nlohmann::json json = parse_json(bytes_of(file));
  if (!json.is_object()) throw Error(kDatasetStage, file.string(), "is not a JSON object of lists");
  std::set<std::string> ids;
  for (const auto& list : json) {
    if (!list.is_array()) continue;
    for (const auto& id : list) {
      if (!id.is_string()) throw Error(kDatasetStage, file.string(), "identifiers must be strings");
      ids.insert(id.get<std::string>());
    }
  }
  return ids;
}

}  // namespace cxr
