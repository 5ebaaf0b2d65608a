using SkyDriver.Sidecar.Run;

if (args is ["run", .. string[] rest]) return await RunCommand.ExecuteAsync(rest, SharedHost.Open);
if (args.Length > 0 && args[0] is not ("--help" or "-h")) return await SidecarCommand.ExecuteAsync(args);
await Console.Error.WriteLineAsync("""
    usage: skydriver-sidecar run -f dapr.yaml [--resources-path DIR] [--data-dir DIR] [--app-port APPID=PORT] [--env NAME=VALUE]
           skydriver-sidecar run --app-id ID [--app-port PORT] [--resources-path DIR] -- COMMAND [ARGUMENT ...]
           skydriver-sidecar --app-id ID [--app-port PORT] [--resources-path DIR] [--dapr-http-port PORT] [--dapr-grpc-port PORT]
    Runs apps with Dapr-compatible sidecars on this machine, as 'dapr run' does, or one sidecar alone, with the options of daprd.
    A port of 0 takes a free one.
    """);
return args.Length > 0 ? 0 : 2;
