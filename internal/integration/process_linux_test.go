package integration

import "syscall"

// children end with this process, also where it is killed.
func children() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
