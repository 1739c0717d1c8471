package main

import (
	"context"
	"flag"
	"os"
	_ "time/tzdata" // time zones of CronJobs on a host without /usr/share/zoneinfo

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"

	// What the mains of Kubernetes import for its effect alone: JSON logs,
	// and the metrics of clients and of the version.
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"

	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubeletapp "k8s.io/kubernetes/cmd/kubelet/app"
)

func kubeAPIServer()         { run(apiserver.NewAPIServerCommand) }
func kubeControllerManager() { run(controllermanager.NewControllerManagerCommand) }
func kubeProxy()             { run(proxy.NewProxyCommand) }
func kubeScheduler()         { run(newSchedulerCommand) }
func kubelet()               { run(newKubeletCommand) }

func newSchedulerCommand() *cobra.Command { return scheduler.NewSchedulerCommand() }
func newKubeletCommand() *cobra.Command   { return kubeletapp.NewKubeletCommand(context.Background()) }

// run makes the command only after the flags are in order: it reads them then.
func run(newCommand func() *cobra.Command) {
	flag.CommandLine = withoutCoreDNS(flag.CommandLine)
	os.Exit(cli.Run(newCommand()))
}
