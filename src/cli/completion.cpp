#include "completion.h"

#include <algorithm>
#include <sstream>

#include "cxr/error.h"
#include "option_list.h"

namespace cxr {
namespace {

/// For each option with allowed words: `--format) words='csv jsonl table' ;;`.
void write_bash_values(std::ostream& script, const CLI::App& app) {
  for (const auto& [group, options] : option_groups(app)) {
    for (const CLI::Option* option : options) {
      const std::vector<std::string> words = allowed_words(*option);
      if (words.empty()) continue;
      script << "    " << join(option_names(*option), "|") << ") values='" << join(words, " ")
             << "' ;;\n";
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

std::string zsh_value(const CLI::Option& option) {
  if (!takes_value(option)) return "";
  const std::vector<std::string> words = allowed_words(option);
  if (!words.empty()) return ":value:(" + join(words, " ") + ")";
  if (value_kind(option) == "DIR") return ":folder:_files -/";
  return takes_path(option) ? ":file:_files" : ":value:";
}

void write_zsh_options(std::ostream& script, const CLI::App& app) {
  for (const auto& [group, options] : option_groups(app)) {
    for (const CLI::Option* option : options) {
      for (const std::string& name : option_names(*option)) {
        script << " \\\n    '" << name << "[" << zsh_text(option->get_description()) << "]"
               << zsh_value(*option) << "'";
      }
    }
  }
}

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
         << "  local words='" << join(all_option_names(app), " ") << "' values=''\n"
         << "  # --option=value is three words\n"
         << "  if [[ $word == '=' ]]; then word=''\n"
         << "  elif [[ $before == '=' ]]; then before=\"${COMP_WORDS[COMP_CWORD-2]}\"; fi\n"
         << "  case \"$before\" in\n";
  write_bash_values(script, app);
  for (const CLI::App* command : subcommands_of(app)) write_bash_values(script, *command);
  script << "  esac\n";
  if (!commands.empty()) {
    script << "  case \"${COMP_WORDS[1]}\" in\n";
    for (const CLI::App* command : subcommands_of(app)) {
      script << "    " << command->get_name() << ") words=\"$words "
             << join(all_option_names(*command), " ") << "\" ;;\n";
    }
    script << "    *) words=\"$words " << join(commands, " ") << "\" ;;\n  esac\n";
  }
  script << "  if [[ $values ]]; then\n"
         << "    COMPREPLY=($(compgen -W \"$values\" -- \"$word\"))\n"
         << "  elif [[ $word == -*" << (commands.empty() ? "" : " || $COMP_CWORD -eq 1")
         << " ]]; then\n"
         << "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         << "  else\n"
         << "    COMPREPLY=()\n"
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
