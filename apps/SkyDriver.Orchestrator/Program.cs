using SkyDriver.Hosting;
using SkyDriver.Orchestrator;

return await SkyDriverHost.RunAsync(args, builder => builder.AddOrchestrator(), app => app.MapOrchestrator());
