# Installs the headers, the config package and lsm.pc. Nothing is compiled, so all of it goes to
# the directories that do not depend on the machine.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/lsm)

install(TARGETS lsm EXPORT lsm-targets FILE_SET HEADERS)
install(EXPORT lsm-targets NAMESPACE lsm:: DESTINATION ${package_dir})
foreach(component IN LISTS lsm_components)
  install(TARGETS lsm-${component} EXPORT lsm-${component}-targets FILE_SET HEADERS)
  install(EXPORT lsm-${component}-targets NAMESPACE lsm:: DESTINATION ${package_dir})
endforeach()

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/lsm-config.cmake.in ${PROJECT_BINARY_DIR}/lsm-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lsm-config-version.cmake
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/lsm-config.cmake ${PROJECT_BINARY_DIR}/lsm-config-version.cmake
              ${PROJECT_SOURCE_DIR}/cmake/lsm-find-compression.cmake
        DESTINATION ${package_dir})

configure_file(${PROJECT_SOURCE_DIR}/cmake/lsm.pc.in ${PROJECT_BINARY_DIR}/lsm.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/lsm.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
