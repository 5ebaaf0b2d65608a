using System.CommandLine;
using System.Globalization;
using System.Text;
using SkyDriver.Products;
using SkyDriver.Products.Maps;
using SkyDriver.Products.Text;
using SkyDriver.Sky;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver areas</c>: how large the regions are, and how far they reach.</summary>
internal static class AreasCommand
{
    public static Command Create()
    {
        ResultInput input = new();
        Option<bool> json = new("--json") { Description = "Print the summary document instead of a table." };
        Command command = new("areas", """
            Prints best fit, areas and uneven errors of the 50 % and 90 % regions. Needs no service.

            Examples:
              skydriver areas result.npz
              skydriver areas alert.multiorder.fits.gz --levels wilks --json
            """)
        {
            json,
        };
        input.AddTo(command);
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(_ =>
        {
            ScanProducts products = input.Products(parsed, input.Read(parsed));
            if (parsed.GetValue(json)) Console.Write(Encoding.UTF8.GetString(SummaryJson.Write(products)));
            else Print(products);
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }

    private static void Print(ScanProducts products)
    {
        SkyPoint best = products.BestFit;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"best fit  RA {Angles.ToDegrees(best.RightAscension):0.000}°  Dec {Angles.ToDegrees(best.Declination):+0.000;-0.000}°  (J2000)  -lnL {products.Map.Best.Llh:0.00}"));
        Console.WriteLine($"limits    {products.Levels.Name} ({products.Levels.Origin})");
        Console.WriteLine("region   2ΔlnL        area (deg²)   RA (deg)            Dec (deg)         lines   probability in the map");
        foreach ((Region region, double probability) in new[] { (products.Fifty, products.Probability.InFifty), (products.Ninety, products.Probability.InNinety) })
        {
            string ra = string.Create(CultureInfo.InvariantCulture, $"+{region.Errors.RaPlus:0.000} -{region.Errors.RaMinus:0.000}"), dec = string.Create(CultureInfo.InvariantCulture, $"+{region.Errors.DecPlus:0.000} -{region.Errors.DecMinus:0.000}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{region.Percent} %     {region.Limit,-10:0.###} {region.SquareDegrees,13:0.0000}   {ra,-19} {dec,-17} {region.Lines.Count,5}   {probability:0.0000}"));
        }

        if (products.Caution is { } caution) Console.WriteLine($"caution: {caution}.");
    }
}
