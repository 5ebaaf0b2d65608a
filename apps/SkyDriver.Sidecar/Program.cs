using SkyDriver.Sidecar.Run;

if (args is ["run", .. string[] rest]) return await RunCommand.ExecuteAsync(rest, SharedHost.Open);
await Console.Error.WriteLineAsync("""
    usage: skydriver-sidecar run -f dapr.yaml [--resources-path DIR] [--data-dir DIR] [--app-port APPID=PORT] [--env NAME=VALUE]
           skydriver-sidecar run --app-id ID [--app-port PORT] [--resources-path DIR] -- COMMAND [ARGUMENT ...]
    Runs apps with Dapr-compatible sidecars on this machine, as 'dapr run' does. A port of 0 takes a free one.
    """);
return args is ["--help" or "-h"] ? 0 : 2;
