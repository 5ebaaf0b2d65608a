using SkyDriver.Components;
using SkyDriver.LocalWorkers;

// Named after its socket: this one is bindings.local-workers.
ComponentHostBuilder builder = new("local-workers");
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("SkyDriver", LogLevel.Information);
builder.Add(context => new LauncherBinding(context.Name, TimeProvider.System, context.Services.GetRequiredService<ILogger<WorkerPool>>()));
await using ComponentHost host = builder.Build();
await host.RunAsync();
return 0;
