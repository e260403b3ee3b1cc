# What `./dev install` puts where. find_package(capstan) then gives capstan::capstan, capstan::engine,
# capstan::toolchain, capstan::bundle, capstan::bindgen, capstan_bindings(), capstan_bundle() and capstan_guest(),
# and needs no cargo.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/capstan)

set_target_properties(capstan_bundle PROPERTIES EXPORT_NAME bundle)
set_target_properties(capstan_bundle_headers PROPERTIES EXPORT_NAME bundle_headers)
set_target_properties(capstan_bundle_kit PROPERTIES EXPORT_NAME bundle_kit)
install(TARGETS capstan capstan_bundle capstan_bundle_headers capstan_bundle_kit EXPORT capstanTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(DIRECTORY src/capstan DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
        FILES_MATCHING PATTERN "*.h" PATTERN "*_testing.h" EXCLUDE PATTERN "testing.h" EXCLUDE
        PATTERN "core.h" EXCLUDE PATTERN "diagnostics.h" EXCLUDE)
install(DIRECTORY engine/runtime/include/ engine/toolchain/include/
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(PROGRAMS ${engine_libraries} DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime)
if(TARGET capstan-bindgen)
  set_target_properties(capstan-bindgen PROPERTIES EXPORT_NAME bindgen)
  install(TARGETS capstan-bindgen EXPORT capstanTargets
          RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT development)
endif()

install(EXPORT capstanTargets NAMESPACE capstan:: DESTINATION ${package_folder} COMPONENT development)
configure_package_config_file(cmake/capstanConfig.cmake.in ${PROJECT_BINARY_DIR}/capstanConfig.cmake
  INSTALL_DESTINATION ${package_folder} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
# Before 1.0 every minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/capstanConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/capstanConfig.cmake ${PROJECT_BINARY_DIR}/capstanConfigVersion.cmake
              cmake/capstan_bindings.cmake cmake/capstan_bundle.cmake cmake/capstan_bundle.map
        DESTINATION ${package_folder} COMPONENT development)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/capstan COMPONENT runtime)

# The command, with its manual pages and completions, which it writes itself.
if(TARGET capstan-command)
  set(pages ${PROJECT_BINARY_DIR}/man1)
  set(completions ${PROJECT_BINARY_DIR}/completions)
  add_custom_command(
    OUTPUT ${pages}/capstan.1 ${completions}/capstan ${completions}/_capstan ${completions}/capstan.fish
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${pages}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${completions}
    COMMAND capstan-command man --directory ${pages}
    COMMAND capstan-command completion bash > ${completions}/capstan
    COMMAND capstan-command completion zsh > ${completions}/_capstan
    COMMAND capstan-command completion fish > ${completions}/capstan.fish
    DEPENDS capstan-command
    COMMENT "Writing manual pages and completions"
    VERBATIM)
  add_custom_target(capstan-man ALL DEPENDS ${pages}/capstan.1)
  install(TARGETS capstan-command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
  install(DIRECTORY ${pages}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT runtime)
  install(FILES ${completions}/capstan COMPONENT runtime
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${completions}/_capstan COMPONENT runtime
          DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${completions}/capstan.fish COMPONENT runtime
          DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
