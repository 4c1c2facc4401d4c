/* A service's spec, which its main.c keeps to itself. Built once a service. */
#include "sim.h"

#define PASTE_(a, b) a##b
#define PASTE(a, b)  PASTE_(a, b)
#define main	     PASTE(SIM_SERVICE, _main)
int main(int argc, char **argv);
#include "main.c"

const struct service_spec *PASTE(sim_spec_, SIM_SERVICE)(void)
{
	return &spec;
}
