#include "documents.h"

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cxr/version.h"

namespace cxr {
namespace {

using Options = std::vector<const CLI::Option*>;

/// The visible options, group by group.
std::vector<std::pair<std::string, Options>> groups_of(const CLI::App& app) {
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

/// `-o`, `--output`
std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

/// `FILE`, without the names of validators that CLI11 appends.
std::string kind_of_value(const CLI::Option& option) {
  const std::string name = option.get_type_name();
  return name.substr(0, name.find(':'));
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

/// Text for troff: no line begins with a control character, and `-` can be copied.
std::string troff_text(const std::string& text) {
  std::string escaped;
  bool at_start = true;
  for (const char letter : text) {
    if (at_start && (letter == '.' || letter == '\'')) escaped += "\\&";
    if (letter == '\\') {
      escaped += "\\e";
    } else if (letter == '-') {
      escaped += "\\-";
    } else {
      escaped += letter;
    }
    at_start = letter == '\n';
  }
  return escaped;
}

void write_options(std::ostream& page, const CLI::App& app) {
  for (const auto& [group, options] : groups_of(app)) {
    page << ".SS " << troff_text(group) << "\n";
    for (const CLI::Option* option : options) {
      std::string names;
      for (const std::string& name : names_of(*option)) {
        names += (names.empty() ? "" : ", ") + ("\\fB" + troff_text(name) + "\\fR");
      }
      if (names.empty()) continue;
      page << ".TP\n" << names;
      if (takes_value(*option)) page << " \\fI" << troff_text(kind_of_value(*option)) << "\\fR";
      page << "\n" << troff_text(option->get_description()) << "\n";
    }
  }
}

std::string man_page(const CLI::App& app) {
  const std::string& name = app.get_name();
  const std::string description = app.get_description();
  const std::string summary = description.substr(0, description.find('.'));
  std::ostringstream page;
  std::string flat = summary;
  std::ranges::replace(flat, '\n', ' ');
  page << ".TH " << troff_text(name) << " 1 \"\" \"cxr-infer " << version() << "\"\n.SH NAME\n"
       << troff_text(name) << " \\- " << troff_text(flat) << "\n.SH SYNOPSIS\n.B "
       << troff_text(name) << "\n";
  page << (subcommands_of(app).empty() ? "" : "\\fICOMMAND\\fR ") << "[\\fIOPTIONS\\fR]"
       << (subcommands_of(app).empty() ? " [\\fIPATH\\fR...]" : "") << "\n.SH DESCRIPTION\n"
       << troff_text(description) << "\n.SH OPTIONS\n";
  write_options(page, app);
  for (const CLI::App* command : subcommands_of(app)) {
    page << ".SH OPTIONS OF " << troff_text(command->get_name()) << "\n"
         << troff_text(command->get_description()) << "\n";
    write_options(page, *command);
  }
  page << ".SH NOTES\n.nf\n" << troff_text(app.get_footer()) << "\n.fi\n";
  return page.str();
}

std::string words_of(const CLI::App& app) {
  std::string words;
  for (const auto& [group, options] : groups_of(app)) {
    for (const CLI::Option* option : options) {
      for (const std::string& name : names_of(*option)) words += (words.empty() ? "" : " ") + name;
    }
  }
  return words;
}

std::string bash_completion(const CLI::App& app) {
  std::string function = "_" + app.get_name();
  std::ranges::replace(function, '-', '_');
  std::ostringstream script;
  script << "# bash completion of " << app.get_name() << "\n"
         << function << "() {\n"
         << "  local word=\"${COMP_WORDS[COMP_CWORD]}\" words='" << words_of(app) << "'\n";
  std::string commands;
  for (const CLI::App* command : subcommands_of(app)) commands += " " + command->get_name();
  if (!commands.empty()) {
    script << "  case \"${COMP_WORDS[1]}\" in\n";
    for (const CLI::App* command : subcommands_of(app)) {
      script << "    " << command->get_name() << ") words=\"$words " << words_of(*command)
             << "\" ;;\n";
    }
    script << "    *) words=\"$words" << commands << "\" ;;\n  esac\n";
  }
  const std::string is_word = commands.empty() ? "$word == -*" : "$word == -* || $COMP_CWORD -eq 1";
  script << "  if [[ " << is_word << " ]]; then\n"
         << "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         << "  else\n"
         << "    compopt -o filenames 2>/dev/null\n"
         << "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
         << "  fi\n"
         << "}\n"
         << "complete -F " << function << " " << app.get_name() << "\n";
  return script.str();
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

void write_zsh_options(std::ostream& script, const CLI::App& app) {
  for (const auto& [group, options] : groups_of(app)) {
    for (const CLI::Option* option : options) {
      for (const std::string& name : names_of(*option)) {
        script << " \\\n    '" << name << "[" << zsh_text(option->get_description()) << "]"
               << (takes_value(*option) ? ":value:_files" : "") << "'";
      }
    }
  }
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
  script << "if (( CURRENT == 2 )); then\n  compadd --";
  for (const CLI::App* command : subcommands_of(app)) script << " " << command->get_name();
  script << "\n  return\nfi\ncase $words[2] in\n";
  for (const CLI::App* command : subcommands_of(app)) {
    script << "  " << command->get_name() << ") _arguments -s";
    write_zsh_options(script, app);
    write_zsh_options(script, *command);
    script << " \\\n    '*:file:_files' ;;\n";
  }
  script << "esac\n";
  return script.str();
}

/// Help without the options that an option needs or excludes, which errors state, and, unless
/// --help-all is given, without the advanced groups.
class PlainFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    shows_all_ = mode != CLI::AppFormatMode::Normal;
    return CLI::Formatter::make_help(app, std::move(name), mode);
  }

  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    if (shows_all_ || std::ranges::count(kAdvancedGroups, group) == 0) {
      return CLI::Formatter::make_group(std::move(group), is_positional, std::move(options));
    }
    return "\n" + group + ": " + std::to_string(options.size()) + " more options, see --help-all\n";
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text = takes_value(*option) ? " " + kind_of_value(*option) : "";
    const std::string& value = option->get_default_str();
    if (!value.empty() && value != "[]") text += " [" + option->get_default_str() + "]";
    return text + (option->get_required() ? " REQUIRED" : "");
  }

 private:
  mutable bool shows_all_ = false;
};

/// Prints a text and exits with status 0, as --version does.
void print_and_end(const std::string& text) { throw CLI::CallForVersion(text, 0); }

}  // namespace

void add_document_options(CLI::App& app) {
  app.formatter(std::make_shared<PlainFormatter>());
  for (const CLI::App* command : subcommands_of(app)) {
    app.get_subcommand(command->get_name())->formatter(app.get_formatter());
  }
  app.add_flag_callback("--man-page", [&app] { print_and_end(man_page(app)); })
      ->group("")
      ->configurable(false);
  app.add_option_function<std::string>(
         "--completion",
         [&app](const std::string& shell) {
           print_and_end(shell == "zsh" ? zsh_completion(app) : bash_completion(app));
         })
      ->check(CLI::IsMember({"bash", "zsh"}))
      ->group("")
      ->configurable(false);
}

}  // namespace cxr
