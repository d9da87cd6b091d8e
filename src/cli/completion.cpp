#include "completion.h"

#include <algorithm>
#include <sstream>

#include "cxr/configuration.h"
#include "cxr/error.h"
#include "option_list.h"

namespace cxr {
namespace {

bool takes_setting(const CLI::Option& option) { return value_kind(option) == "KEY=VALUE"; }

/// `heatmap.cmap=` of each key.
std::vector<std::string> beginnings_of_settings() {
  std::vector<std::string> words;
  for (const ConfigurationKey& key : configuration_keys()) words.push_back(key.name + "=");
  return words;
}

/// One line of bash's `case`: `--format) values='csv jsonl table' ;;`.
std::string bash_case(const CLI::Option& option) {
  const std::vector<std::string> words =
      takes_setting(option) ? beginnings_of_settings() : allowed_words(option);
  std::string action;
  if (!words.empty()) action = "values='" + join(words, " ") + "'";
  if (option.get_delimiter() != '\0') action += " list=1";
  if (value_kind(option) == "DIR") action = "folders=1";
  if (action.empty() && takes_value(option) && !takes_path(option)) action = "nothing=1";
  if (action.empty()) return "";
  return "    " + join(option_names(option), "|") + ") " + action + " ;;\n";
}

void write_bash_cases(std::ostream& script, const CLI::App& app) {
  for (const auto& [group, options] : option_groups(app)) {
    for (const CLI::Option* option : options) {
      script << bash_case(*option);
      if (!takes_setting(*option)) continue;
      for (const ConfigurationKey& key : configuration_keys()) {
        if (key.words.empty()) continue;
        script << "    " << key.name << ") values='" << join(key.words, " ") << "' ;;\n";
      }
    }
  }
}

/// A text in single quotes for `_arguments`, which interprets `[`, `]` and `:`.
std::string zsh_text(const std::string& text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '\'') {
      escaped += "'\\''";
    } else if (letter == '\n') {
      escaped += ' ';
    } else if (letter == '[' || letter == ']' || letter == ':') {
      escaped += std::string("\\") + letter;
    } else {
      escaped += letter;
    }
  }
  return escaped;
}

/// `heatmap.cmap=viridis` for each word of a key, `threads=` for other keys.
std::vector<std::string> settings() {
  std::vector<std::string> all;
  for (const ConfigurationKey& key : configuration_keys()) {
    if (key.words.empty()) all.push_back(key.name + "=");
    for (const std::string& word : key.words) all.push_back(key.name + "=" + word);
  }
  return all;
}

std::string zsh_value(const CLI::Option& option) {
  if (!takes_value(option)) return "";
  const std::vector<std::string> words = allowed_words(option);
  if (takes_setting(option)) return ":setting:(" + join(settings(), " ") + ")";
  if (!words.empty() && option.get_delimiter() != '\0') {
    return ":value:_values -s , value " + join(words, " ");
  }
  if (!words.empty()) return ":value:(" + join(words, " ") + ")";
  if (value_kind(option) == "DIR") return ":folder:_files -/";
  return takes_path(option) ? ":file:_files" : ":value:";
}

/// A long option takes its value after a blank or `=`.
void write_zsh_options(std::ostream& script, const CLI::App& app) {
  for (const auto& [group, options] : option_groups(app)) {
    for (const CLI::Option* option : options) {
      const bool may_repeat = option->get_expected_max() > 1 ||
                              option->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
      for (const std::string& name : option_names(*option)) {
        script << " \\\n    '" << (may_repeat && takes_value(*option) ? "*" : "") << name
               << (takes_value(*option) && name.starts_with("--") ? "=" : "") << "["
               << zsh_text(option->get_description()) << "]" << zsh_value(*option) << "'";
      }
    }
  }
}

/// What bash's function does with the words found: it takes those that begin like the word. A list
/// is completed after its last comma.
constexpr const char* kBashReply =
    "  local done=''\n"
    "  if [[ $list && $word == *,* ]]; then done=\"${word%,*},\"; fi\n"
    "  if [[ $list || $values == *= ]]; then compopt -o nospace 2>/dev/null; fi\n"
    "  if [[ $folders ]]; then compopt +o default -o dirnames 2>/dev/null; fi\n"
    "  if [[ $nothing ]]; then compopt +o default 2>/dev/null; fi\n"
    "  COMPREPLY=()\n"
    "  if [[ $values ]]; then\n"
    "    COMPREPLY=($(compgen -P \"$done\" -W \"$values\" -- \"${word##*,}\"))\n";

}  // namespace

// Paths are left to the shell's default completion (`-o default`), which quotes blanks.
std::string bash_completion(const CLI::App& app) {
  std::string function = "_" + app.get_name();
  std::ranges::replace(function, '-', '_');
  const std::vector<std::string> commands = subcommand_names(app);
  std::ostringstream script;
  script << "# bash completion of " << app.get_name() << "\n"
         << function << "() {\n"
         << "  local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         << "  local words='" << join(all_option_names(app), " ") << "'\n"
         << "  local values='' list='' folders='' nothing=''\n"
         << "  # --option=value is three words\n"
         << "  if [[ $word == '=' ]]; then word=''\n"
         << "  elif [[ $before == '=' ]]; then before=\"${COMP_WORDS[COMP_CWORD-2]}\"; fi\n"
         << "  case \"$before\" in\n";
  write_bash_cases(script, app);
  for (const CLI::App* command : subcommands_of(app)) write_bash_cases(script, *command);
  script << "  esac\n";
  if (!commands.empty()) {
    script << "  case \"${COMP_WORDS[1]}\" in\n";
    for (const CLI::App* command : subcommands_of(app)) {
      script << "    " << command->get_name() << ") words=\"$words "
             << join(all_option_names(*command), " ") << "\" ;;\n";
    }
    script << "    *) words=\"$words " << join(commands, " ") << "\" ;;\n  esac\n";
  }
  script << kBashReply << "  elif [[ $word == -*"
         << (commands.empty() ? "" : " || $COMP_CWORD -eq 1") << " ]]; then\n"
         << "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         << "  fi\n"
         << "}\n"
         << "complete -o default -F " << function << " " << app.get_name() << "\n";
  return script.str();
}

std::string zsh_completion(const CLI::App& app) {
  std::ostringstream script;
  script << "#compdef " << app.get_name() << "\n";
  if (subcommands_of(app).empty()) {
    script << "_arguments -s";
    write_zsh_options(script, app);
    script << " \\\n    '*:file:_files'\n";
    return script.str();
  }
  script << "if (( CURRENT == 2 )); then\n  compadd -- " << join(subcommand_names(app), " ")
         << "\n  return\nfi\ncase $words[2] in\n";
  for (const CLI::App* command : subcommands_of(app)) {
    script << "  " << command->get_name() << ") _arguments -s";
    write_zsh_options(script, app);
    write_zsh_options(script, *command);
    script << " \\\n    '*:file:_files' ;;\n";
  }
  script << "esac\n";
  return script.str();
}

}  // namespace cxr
