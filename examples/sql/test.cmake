# Run by ctest (cmake -P): the example in FOLDER prints what expected.txt says when it is run again.
file(REMOVE_RECURSE ${FOLDER})
file(COPY ${EXAMPLE}/ DESTINATION ${FOLDER})
foreach(arguments "build" "run;." "run;.")
  execute_process(COMMAND ${CAPSTAN} ${arguments} WORKING_DIRECTORY ${FOLDER}
                  OUTPUT_VARIABLE printed ERROR_VARIABLE errors RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "capstan ${arguments} ended with ${status}\n${printed}${errors}")
  endif()
endforeach()
file(READ ${EXAMPLE}/expected.txt expected)
if(NOT printed STREQUAL expected)
  message(FATAL_ERROR "the second run printed:\n${printed}\nexpected:\n${expected}")
endif()
