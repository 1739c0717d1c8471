// Command airstrip-node holds every Kubernetes program that one node needs.
//
// The program to run is the name it was called by (a symbolic link named
// kubelet runs the kubelet), else its first argument. One file instead of
// seven shares the Kubernetes, gRPC and protobuf code between them.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// programs maps a program's name to its main function. Each one reads os.Args
// as if it had been called directly, and ends the process itself.
var programs = map[string]func(){
	"coredns":                 coredns,
	"etcd":                    etcd,
	"kube-apiserver":          kubeAPIServer,
	"kube-controller-manager": kubeControllerManager,
	"kube-proxy":              kubeProxy,
	"kube-scheduler":          kubeScheduler,
	"kubelet":                 kubelet,
}

func main() {
	name, args, err := choose(os.Args)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Args = args
	programs[name]()
}

// choose returns the program that argv asks for and the argv it is to see.
func choose(argv []string) (string, []string, error) {
	if len(argv) > 0 {
		if name := filepath.Base(argv[0]); programs[name] != nil {
			return name, argv, nil
		}
	}
	if len(argv) < 2 {
		return "", nil, fmt.Errorf("usage: airstrip-node PROGRAM [ARGUMENT...]\nprograms: %s", names())
	}
	if programs[argv[1]] == nil {
		return "", nil, fmt.Errorf("airstrip-node: no program %q\nprograms: %s", argv[1], names())
	}
	return argv[1], argv[1:], nil
}

func names() string {
	all := make([]string, 0, len(programs))
	for name := range programs {
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
