using SkyDriver.Api;
using SkyDriver.Hosting;

return await SkyDriverHost.RunAsync(args, builder => builder.AddApi(), app => app.MapApi());
