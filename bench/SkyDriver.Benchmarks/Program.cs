using BenchmarkDotNet.Running;
using SkyDriver.Benchmarks;
using SkyDriver.Benchmarks.Dapr;
using SkyDriver.Benchmarks.Fleet;
using SkyDriver.Benchmarks.Reco;
using SkyDriver.Benchmarks.Rest;

// "dapr" measures the sidecar as a process; "echo" is the process it is compared with; "rest" measures the REST service as a process;
// "fleet" measures a large batch, "heartbeats" the same over the network; "products" makes every file of a result;
// "reco" measures track fits, "scan" a whole scan without any service; all else is BenchmarkDotNet's.
return args.FirstOrDefault() switch
{
    "dapr" => await DaprBench.RunAsync(args[1..]),
    "rest" => await RestBench.RunAsync(args[1..]),
    "fleet" => FleetBench.Run(),
    "heartbeats" => await HeartbeatBench.RunAsync(args[1..]),
    "products" => ProductsBench.Run(args[1..]),
    "reco" => RecoBench.Run(args[1..]),
    "scan" => PureScan.Run(args[1..]),
    "echo" => await EchoServer.RunAsync(args[1..]),
    _ => BenchmarkSwitcher.FromAssembly(typeof(DaprBench).Assembly).Run(args).Any() ? 0 : 1,
};
