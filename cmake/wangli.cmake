# The shapes of targets. A folder is a target; its headers are seen as "folder/file.h", and only by those who link it:
# each target gets an include folder of its own in the build tree that holds one link, to itself.
function(wangli_includes target folder)
    set(tree ${CMAKE_BINARY_DIR}/include/${target})
    file(MAKE_DIRECTORY ${tree})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${tree}/${folder} SYMBOLIC)
    target_include_directories(${target} PUBLIC ${tree})
endfunction()

# wangli_floor(db SOURCES db.c … LINK base PkgConfig::LIBPQ): a library of common/ (or sdk/).
function(wangli_floor name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    wangli_includes(${name} ${name})
    target_link_libraries(${name} PUBLIC ${ARG_LINK})
    target_link_libraries(${name} PRIVATE wangli_warnings)
endfunction()

# wangli_sql(target file.sql): named statements → <file>_sql.h and .c, embedded at build.
function(wangli_sql target sql)
    get_filename_component(stem ${sql} NAME_WE)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/sql)
    file(MAKE_DIRECTORY ${out})
    add_custom_command(
        OUTPUT ${out}/${stem}_sql.c ${out}/${stem}_sql.h
        COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/embed_sql.py
            ${CMAKE_CURRENT_SOURCE_DIR}/${sql} ${out}
        DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${sql} ${PROJECT_SOURCE_DIR}/tools/embed_sql.py)
    target_sources(${target} PRIVATE ${out}/${stem}_sql.c ${out}/${stem}_sql.h)
    target_include_directories(${target} PRIVATE ${out})
endfunction()

# wangli_service(NAME intake CORES a_core.c … SOURCES b.c … SQL sql/intake.sql LINK …): services/<name>.
# Cores see base only; edges see the kit and the adapters; the program is wangli-<name>.
function(wangli_service)
    cmake_parse_arguments(ARG "" "NAME" "CORES;SOURCES;SQL;LINK" ${ARGN})
    if(ARG_CORES)
        add_library(${ARG_NAME}_core STATIC ${ARG_CORES})
        target_include_directories(${ARG_NAME}_core PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
        target_link_libraries(${ARG_NAME}_core PUBLIC base PRIVATE wangli_warnings)
        set(core ${ARG_NAME}_core)
    endif()
    add_executable(wangli-${ARG_NAME} ${ARG_SOURCES})
    target_link_libraries(wangli-${ARG_NAME} PRIVATE ${core} ${ARG_LINK} wangli_warnings)
    foreach(sql ${ARG_SQL})
        wangli_sql(wangli-${ARG_NAME} ${sql})
    endforeach()
    install(TARGETS wangli-${ARG_NAME} RUNTIME DESTINATION bin)
endfunction()

# wangli_tool(NAME check SOURCES … SQL … LINK …): a program of tools/, installed as wangli-<name>.
function(wangli_tool)
    cmake_parse_arguments(ARG "" "NAME" "SOURCES;SQL;LINK" ${ARGN})
    add_executable(wangli-${ARG_NAME} ${ARG_SOURCES})
    target_link_libraries(wangli-${ARG_NAME} PRIVATE ${ARG_LINK} wangli_warnings)
    foreach(sql ${ARG_SQL})
        wangli_sql(wangli-${ARG_NAME} ${sql})
    endforeach()
    install(TARGETS wangli-${ARG_NAME} RUNTIME DESTINATION bin)
endfunction()

# wangli_test(NAME test_str LABEL unit SOURCES test_str.c LINK base): a cmocka program known to CTest.
function(wangli_test)
    cmake_parse_arguments(ARG "" "NAME;LABEL;TIMEOUT" "SOURCES;LINK;ENVIRONMENT" ${ARGN})
    add_executable(${ARG_NAME} ${ARG_SOURCES})
    target_link_libraries(${ARG_NAME} PRIVATE ${ARG_LINK} PkgConfig::CMOCKA wangli_warnings)
    add_test(NAME ${ARG_LABEL}.${ARG_NAME} COMMAND ${ARG_NAME})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    set_tests_properties(${ARG_LABEL}.${ARG_NAME} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
        SKIP_RETURN_CODE 77 ENVIRONMENT "${ARG_ENVIRONMENT}")
endfunction()

# wangli_script_test(NAME x LABEL lint COMMAND … [TIMEOUT s] [RUN_SERIAL]): a script known to CTest; exit 77 is a named skip.
function(wangli_script_test)
    cmake_parse_arguments(ARG "RUN_SERIAL" "NAME;LABEL;TIMEOUT" "COMMAND;ENVIRONMENT" ${ARGN})
    add_test(NAME ${ARG_LABEL}.${ARG_NAME} COMMAND ${ARG_COMMAND} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    set_tests_properties(${ARG_LABEL}.${ARG_NAME} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
        SKIP_RETURN_CODE 77 RUN_SERIAL ${ARG_RUN_SERIAL}
        ENVIRONMENT "WANGLI_BUILD=${CMAKE_BINARY_DIR};${ARG_ENVIRONMENT}")
endfunction()
