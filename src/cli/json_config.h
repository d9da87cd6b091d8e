#pragma once

#include <CLI/CLI.hpp>
#include <istream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cxr {

/// Lets a CLI11 program read options from a JSON file: an object for each subcommand that maps the
/// long names of options to a value or a list of values. Comments are allowed.
class JsonConfig : public CLI::Config {
 public:
  std::string to_config(const CLI::App*, bool, bool, std::string) const override { return {}; }

  std::vector<CLI::ConfigItem> from_config(std::istream& in) const override {
    std::vector<CLI::ConfigItem> all;
    try {
      const auto document = nlohmann::json::parse(in, nullptr, true, true);
      for (const auto& [command, options] : document.items()) {
        for (const auto& [name, value] : options.items()) all.push_back(item(command, name, value));
      }
    } catch (const nlohmann::json::exception& error) {
      throw CLI::FileError(
          std::string("--config: not a JSON object of options for each network: ") + error.what());
    }
    return all;
  }

 private:
  static CLI::ConfigItem item(const std::string& command, const std::string& name,
                              const nlohmann::json& value) {
    CLI::ConfigItem read;
    read.parents = {command};
    read.name = name;
    for (const auto& one : value.is_array() ? value : nlohmann::json::array({value})) {
      read.inputs.push_back(one.is_string() ? one.get<std::string>() : one.dump());
    }
    return read;
  }
};

}  // namespace cxr
