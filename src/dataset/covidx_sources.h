#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "cxr/dataset.h"
#include "plan.h"

namespace cxr {

// Each adds the labelled images of one source to a plan; splits are left empty. `folder` is as its
// publisher distributes it. Throw UsageError where a table or folder is missing, Error where a
// table cannot be read.

/// Returns the URLs that its table has, by which add_sirm() knows the films that both have.
std::set<std::string> add_cohen(Plan& plan, const std::filesystem::path& folder);
void add_figure1(Plan& plan, const std::filesystem::path& folder);
void add_actualmed(Plan& plan, const std::filesystem::path& folder);
void add_sirm(Plan& plan, const std::filesystem::path& folder,
              const std::set<std::string>& urls_of_cohen);
void add_rsna(Plan& plan, const std::filesystem::path& folder);
/// `studies` may be empty; else only patients with one of its allowed studies are taken.
void add_ricord(Plan& plan, const std::filesystem::path& folder,
                const std::filesystem::path& studies);
void add_siim(Plan& plan, const std::filesystem::path& folder);

/// Adds an image; its name in the data set is `name`, without spaces. Without a patient it is a
/// patient of its own.
void add_image(Plan& plan, const std::string& source, const std::filesystem::path& file,
               const std::string& name, const std::string& label, const std::string& patient);

}  // namespace cxr
