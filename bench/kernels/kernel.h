/* What kernels of the benchmark of generated code add to those of examples/workloads, whose contract
 * (workload.h) they keep, but for the check: the benchmark compares them with a native build. */
#ifndef BENCH_KERNELS_KERNEL_H
#define BENCH_KERNELS_KERNEL_H

#define WORKLOAD_NO_MAIN
#include "../../examples/workloads/workload.h"

#define KERNEL(kernel_name, meaning, default_size)                                                 \
    const struct workload_info workload_info = {kernel_name, meaning, default_size, 1 << 30};

#endif
