#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace cxr {

/// Reads a list of identifiers: a text file with one a line, or an array of texts that numpy.save()
/// wrote (.npy of type `U` or `S`). Throws Error naming the file.
std::set<std::string> read_id_list(const std::filesystem::path& file);

/// Reads the lists in a JSON object, such as covidx-test-patients.json, taken together. Throws
/// Error naming the file.
std::set<std::string> read_id_object(const std::filesystem::path& file);

}  // namespace cxr
