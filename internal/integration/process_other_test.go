//go:build !linux

package integration

import "syscall"

func children() *syscall.SysProcAttr { return nil }
