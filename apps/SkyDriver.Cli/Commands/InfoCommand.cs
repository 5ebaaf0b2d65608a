using System.CommandLine;
using System.Globalization;
using SkyDriver.Products;
using SkyDriver.Scan;
using SkyDriver.Sky;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver info</c>: what a result file holds.</summary>
internal static class InfoCommand
{
    public static Command Create()
    {
        Argument<string> path = new("FILE") { Description = ResultInput.Forms };
        Option<bool> flipped = ResultInput.Flipped();
        Command command = new("info", """
            Says what a result file holds: its form, event, pixels and best fit. Needs no service.

            Example:
              skydriver info result.npz
            """)
        {
            path, flipped,
        };
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(_ =>
        {
            ResultFile file = ResultInput.Read("FILE", parsed.GetValue(path)!, parsed.GetValue(flipped));
            Console.WriteLine($"form      {file.Form}");
            PrintEvent(file.Result.Metadata);
            if (file.RecoAlgo is { } algorithm) Console.WriteLine($"reco      {algorithm}");
            foreach (NsideResult nside in file.Result.Nsides)
            {
                int failed = nside.Llh.ToArray().Count(double.IsNaN);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"nside     {nside.Nside}: {nside.Count} of {Healpix.PixelCount(nside.Nside)} pixels, {failed} failed fits, pixel format {nside.Version}"));
            }

            Console.WriteLine(file.Result.BestFit is { } best
                ? string.Create(CultureInfo.InvariantCulture, $"best fit  RA {Angles.ToDegrees(best.Pixel.Centre.RightAscension):0.000}°  Dec {Angles.ToDegrees(best.Pixel.Centre.Declination):+0.000;-0.000}°  -lnL {best.Llh:0.0000}  nside {best.Pixel.Nside}, pixel {best.Pixel.Ipix}")
                : "best fit  none: no fit succeeded");
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }

    private static void PrintEvent(ResultMetadata? metadata)
    {
        if (metadata is not { Event: var what })
        {
            Console.WriteLine("event     not named in the file");
            return;
        }

        string kind = what.IsRealEvent ? "real" : "simulated", type = what.EventType.Length == 0 ? "unknown type" : what.EventType;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"event     run {what.RunId}, event {what.EventId}, {type}, {kind}, MJD {what.Mjd:0.00000000}"));
        Console.WriteLine($"complete  {(metadata.Complete ? "yes" : "no: a partial result")}");
    }
}
