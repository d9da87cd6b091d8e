#include "option_list.h"

#include <sstream>

namespace cxr {

std::vector<std::pair<std::string, Options>> option_groups(const CLI::App& app) {
  std::vector<std::pair<std::string, Options>> groups;
  for (const std::string& group : app.get_groups()) {
    const Options options = app.get_options(
        [&](const CLI::Option* option) { return !group.empty() && option->get_group() == group; });
    if (!options.empty()) groups.emplace_back(group, options);
  }
  return groups;
}

std::vector<const CLI::App*> subcommands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_name().empty(); });
}

std::vector<std::string> option_names(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> all_option_names(const CLI::App& app) {
  std::vector<std::string> all;
  for (const auto& [group, options] : option_groups(app)) {
    for (const CLI::Option* option : options) {
      const std::vector<std::string> names = option_names(*option);
      all.insert(all.end(), names.begin(), names.end());
    }
  }
  return all;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

std::string value_kind(const CLI::Option& option) {
  // CLI11 appends the names of validators after a colon.
  const std::string name = option.get_type_name();
  return name.substr(0, name.find(':'));
}

std::vector<std::string> allowed_words(const CLI::Option& option) {
  std::vector<std::string> words;
  std::istringstream kind(value_kind(option));
  for (std::string word; std::getline(kind, word, '|');) words.push_back(word);
  if (words.size() < 2) words.clear();
  return words;
}

bool takes_path(const CLI::Option& option) {
  const std::string kind = value_kind(option);
  return kind == "FILE" || kind == "DIR" || kind == "PATH";
}

std::string default_of(const CLI::Option& option) {
  const std::string& value = option.get_default_str();
  return value == "[]" ? "" : value;
}

}  // namespace cxr
