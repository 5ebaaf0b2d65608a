using System.CommandLine;
using SkyDriver.Cli.Local;
using SkyDriver.Products;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver contours</c>: the outlines of the regions.</summary>
internal static class ContoursCommand
{
    public static Command Create()
    {
        ResultInput input = new();
        Option<string> format = new Option<string>("--format", "-f") { Description = "One GeoJSON document, or a table for each region.", DefaultValueFactory = _ => "geojson", HelpName = "geojson|text" }
            .AcceptOnlyFromAmong("geojson", "text");
        Option<string?> output = new("--out", "-o") { Description = "Folder for the files [default: the standard output].", HelpName = "DIR" };
        Command command = new("contours", """
            Prints the outlines of the 50 % and 90 % regions. Needs no service.
            GeoJSON: longitude is right ascension from -180 to 180 degrees. Text: radians; a region has a line for each piece and hole.

            Examples:
              skydriver contours result.npz > regions.geojson
              skydriver contours result.npz --format text --levels wilks --out regions
            """)
        {
            format, output,
        };
        input.AddTo(command);
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(async interrupted =>
        {
            ScanProducts products = input.Products(parsed, input.Read(parsed));
            ProductKind kind = ProductKind.Find(parsed.GetValue(format)!)!;
            if (parsed.GetValue(output) is { } folder)
            {
                OutputFiles.Print(OutputFiles.Write(Path.GetFullPath(folder), products, [kind]));
                return ExitCodes.Done;
            }

            await using Stream console = Console.OpenStandardOutput();
            foreach (ProductFile file in kind.Make(products)) await console.WriteAsync(file.Content, interrupted);
            return ExitCodes.Done;
        }));
        return command;
    }
}
