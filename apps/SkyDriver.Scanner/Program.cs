using SkyDriver.Hosting;
using SkyDriver.Scanner;

return await SkyDriverHost.RunAsync(args, builder => builder.AddScanner(), app => app.MapScanner());
