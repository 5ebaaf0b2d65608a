using SkyDriver.Components;
using SkyDriver.KubernetesJobs;

// Named after its socket: this one is bindings.kubernetes-jobs.
ComponentHostBuilder builder = new("kubernetes-jobs");
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("SkyDriver", LogLevel.Information);
builder.Add(context => new LauncherBinding(context.Name, TimeProvider.System, context.Services.GetRequiredService<ILogger<JobLauncher>>()));
await using ComponentHost host = builder.Build();
await host.RunAsync();
return 0;
