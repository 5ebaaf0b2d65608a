using SkyDriver.Hosting;
using SkyDriver.Worker;

return await SkyDriverHost.RunAsync(args, builder => builder.AddWorker(), app => app.MapWorker());
