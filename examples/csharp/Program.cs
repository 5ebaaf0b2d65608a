// Runs one of the examples against the service that SKYDRIVER_SERVER names:
//   dotnet run --project examples/csharp -- scan_one examples/track.json

using SkyDriver.Client;
using SkyDriver.Examples;

Settings settings = Settings.Read();
// The client has time limits of its own, for each try and for each body.
using HttpClient http = new() { BaseAddress = settings.Server, Timeout = Timeout.InfiniteTimeSpan };
SkyDriverClient client = new(http, new() { Tokens = settings.Token is { } token ? new FixedToken(token) : null });
try
{
    return args switch
    {
        ["scan_one", { } eventFile] => await ScanOne.RunAsync(client, settings, eventFile),
        ["scan_many", _, ..] => await ScanMany.RunAsync(client, settings, args[1..]),
        ["monitor"] => await MonitorScans.RunAsync(client, scan: null),
        ["monitor", { } scan] => await MonitorScans.RunAsync(client, scan),
        ["download_result", { } scan, { } file] => await DownloadResult.RunAsync(client, scan, file),
        _ => Usage(),
    };
}
catch (SkyDriverException refused)
{
    // No answer, or a "no"; the text says which, and what to do.
    Console.Error.WriteLine(refused.Message);
    return 1;
}

static int Usage()
{
    Console.Error.WriteLine("Usage: scan_one EVENT | scan_many EVENT... | monitor [SCAN] | download_result SCAN FILE");
    return 2;
}
