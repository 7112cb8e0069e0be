// Leash becomes another program that ends when its parent does, however that ends:
//
//	leash PROGRAM [ARGUMENT...]
//
// The process stays the same, so its id is that of the program.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
)

func main() {
	fmt.Fprintln(os.Stderr, "leash:", run(os.Args[1:]))
	os.Exit(1)
}

// run comes back only with an error.
func run(command []string) error {
	if len(command) == 0 {
		return errors.New("usage: leash PROGRAM [ARGUMENT...]")
	}
	// The wish belongs to the thread, and goes over to the program with the thread that becomes it.
	runtime.LockOSThread()
	if err := endWithParent(); err != nil {
		return err
	}
	return syscall.Exec(command[0], command, os.Environ())
}
