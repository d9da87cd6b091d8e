# For `cmake --install` and `cpack`: the programs with their documentation, configuration and models
# (component `programs`), and the library for other programs (`development`).

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
include(src/install_pages.cmake)

# The programs generate their man pages and completions, so that these always match the options.
set(documents)
foreach(program infer merge train evaluate dataset)
  set(name cxr-${program})
  set(files ${CMAKE_BINARY_DIR}/documents/${name}.1 ${CMAKE_BINARY_DIR}/documents/${name}.bash
      ${CMAKE_BINARY_DIR}/documents/_${name})
  add_custom_command(OUTPUT ${files}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/documents
    COMMAND ${name} --man-page > ${CMAKE_BINARY_DIR}/documents/${name}.1
    COMMAND ${name} --completion bash > ${CMAKE_BINARY_DIR}/documents/${name}.bash
    COMMAND ${name} --completion zsh > ${CMAKE_BINARY_DIR}/documents/_${name}
    DEPENDS ${name} VERBATIM)
  list(APPEND documents ${files})
  install(TARGETS ${name} RUNTIME COMPONENT programs)
  install(FILES ${CMAKE_BINARY_DIR}/documents/${name}.1
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT programs)
  install(FILES ${CMAKE_BINARY_DIR}/documents/${name}.bash RENAME ${name}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT programs)
  install(FILES ${CMAKE_BINARY_DIR}/documents/_${name}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT programs)
endforeach()
add_custom_target(documents ALL DEPENDS ${documents})

install(DIRECTORY config models
  DESTINATION ${CMAKE_INSTALL_DATADIR}/cxr-infer COMPONENT programs
  PATTERN README.md EXCLUDE)
install(PROGRAMS scripts/slurm/submit.sh scripts/slurm/array.sh scripts/slurm/merge.sh
  DESTINATION ${CMAKE_INSTALL_DATADIR}/cxr-infer/slurm COMPONENT programs)
cxr_install_pages(${CMAKE_BINARY_DIR}/pages
  README.md LICENSE config/README.md models/README.md src/read/README.md src/infer/README.md
  src/pacs/README.md scripts/slurm/README.md
  src/train/README.md src/evaluate/README.md src/dataset/README.md images/panels.png images/report.png)
install(DIRECTORY ${CMAKE_BINARY_DIR}/pages/
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT programs)

install(TARGETS cxr EXPORT cxr-targets ARCHIVE COMPONENT development)
get_property(public_headers GLOBAL PROPERTY CXR_PUBLIC_HEADERS)
install(FILES ${public_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cxr COMPONENT development)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/cxr)
install(EXPORT cxr-targets NAMESPACE cxr:: DESTINATION ${package} COMPONENT development)
configure_package_config_file(src/cxr-config.cmake.in ${CMAKE_BINARY_DIR}/cxr-config.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cxr-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/cxr-config.cmake ${CMAKE_BINARY_DIR}/cxr-config-version.cmake
  DESTINATION ${package} COMPONENT development)

# The Debian package contains only the programs.
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL programs)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_CONTACT "The cxr-infer developers <cxr-infer@localhost>")
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_NAME cxr-infer)
set(CPACK_DEBIAN_PROGRAMS_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_DEPENDS fonts-dejavu-core)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_RECOMMENDS libopenblas0-pthread)
set(CPACK_COMPONENT_PROGRAMS_DESCRIPTION
  "Finds the lungs, predicts COVID-19, Normal or Pneumonia, and shows where the
network looked. For research only, not for diagnosis.")
include(CPack)
