/*
 * What benchmarks build and run: a temporary folder that they work in, which goes away when they
 * exit, programs as child processes, and the workloads' files as bitcode. What fails is said on
 * standard error and ends the program. Run them where examples/ is. One thread.
 */
#ifndef BENCH_LIB_BUILD_H
#define BENCH_LIB_BUILD_H

#include <stdbool.h>

#include <nanoforge/nanoforge.h>

/* Finds the command, the plug-in and the workloads, and makes the folder, which is the current one
 * from then on, with an empty cache. */
void build_folder_enter(void);
/* An empty cache folder for the processes to come. */
void build_cache_new(void);

const char *build_nanoforge(void); /* the command's path */
const char *build_include(void);   /* "-I/.../examples/workloads" */
const char *build_root(void);      /* the directory that the benchmark was started in */

_Noreturn void build_fail(const char *what, const char *why);

/* Runs a program to its end, its output to a file; its status as of wait(), and how long it took.
 * pinned: to the first processor. */
int build_run_any(const char *const *arguments, const char *output, bool pinned, double *ns);
/* The same of one that must succeed; nanoseconds. */
double build_run(const char *const *arguments, const char *output, bool pinned);
/* The same on any processor, its output lost; nanoseconds of processor time. */
double build_run_cpu(const char *const *arguments);

/* As the engine has it made for whoever runs a C file. */
void build_bitcode(const char *source, const char *output);
/* NAME.bc, as a program. */
nf_program *build_load(nf_engine *engine, const char *name);

#endif
