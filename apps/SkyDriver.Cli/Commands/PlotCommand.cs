using System.CommandLine;
using SkyDriver.Cli.Local;
using SkyDriver.Products;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver plot</c>: draws a result that is already there.</summary>
internal static class PlotCommand
{
    private static readonly string[] Formats = ["svg", "png", "pdf"];

    public static Command Create()
    {
        ResultInput input = new();
        Option<string?> output = new("--out", "-o") { Description = "Folder for the pictures [default: beside the file].", HelpName = "DIR" };
        Option<string[]> formats = new Option<string[]>("--format", "-f") { Description = "Kinds of pictures [default: svg png].", AllowMultipleArgumentsPerToken = true, HelpName = string.Join('|', Formats) }
            .AcceptOnlyFromAmong(Formats);
        Command command = new("plot", """
            Draws a result file: the whole sky and the best region. Needs no service.

            Examples:
              skydriver plot out/run00138632.evt000031747601.neutrino_8_64_512.npz
              skydriver plot result.json --levels wilks --out pictures --format pdf
              skydriver plot alert.multiorder.fits.gz --colours cividis
              skydriver plot old-scanner.npz --dec-flipped
            """)
        {
            output, formats,
        };
        input.AddTo(command, draws: true);
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(_ =>
        {
            ScanProducts products = input.Products(parsed, input.Read(parsed));
            string folder = Path.GetFullPath(parsed.GetValue(output) ?? Path.GetDirectoryName(input.PathOf(parsed))!);
            string[] chosen = parsed.GetValue(formats) is { Length: > 0 } some ? some : ["svg", "png"];
            OutputFiles.Print(OutputFiles.Write(folder, products, ProductKind.All.Where(kind => chosen.Contains(kind.Name))));
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }
}
