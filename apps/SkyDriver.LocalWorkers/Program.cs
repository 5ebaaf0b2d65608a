using SkyDriver.Grpc;
using SkyDriver.LocalWorkers;

// A pluggable component is named after its socket: this one is bindings.local-workers.
string folder = Environment.GetEnvironmentVariable("DAPR_COMPONENTS_SOCKETS_FOLDER") is { Length: > 0 } given ? given : "/tmp/dapr-components-sockets";
string socket = Path.Combine(folder, "local-workers.sock");
Directory.CreateDirectory(folder);
File.Delete(socket);    // a stale socket keeps sidecars from finding any component

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("SkyDriver", LogLevel.Information);
builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenGrpcUnix(socket));
builder.Services.AddSingleton(TimeProvider.System).AddSingleton<ComponentInstances>();
await using WebApplication app = builder.Build();
ComponentInstances instances = app.Services.GetRequiredService<ComponentInstances>();
app.MapOutputBinding();
try
{
    // Not RunAsync: that disposes of the services, and the workers must be ended with them.
    await app.StartAsync();
    await app.WaitForShutdownAsync();
}
finally
{
    // The host takes its services with it, but not what they started.
    await instances.CloseAsync();
    File.Delete(socket);
}

return 0;
