using SkyDriver.Components;
using SkyDriver.HtCondor;

// Named after its socket: this one is bindings.htcondor.
ComponentHostBuilder builder = new("htcondor");
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("SkyDriver", LogLevel.Information);
builder.Add(context => new LauncherBinding(context.Name, TimeProvider.System, context.Services.GetRequiredService<ILogger<Launcher>>()));
await using ComponentHost host = builder.Build();
await host.RunAsync();
return 0;
