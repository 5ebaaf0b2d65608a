using System.CommandLine;
using SkyDriver.Cli.Local;
using SkyDriver.Products;
using SkyDriver.Products.Maps;
using SkyDriver.Scan;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver plot</c>: draws a result that is already there.</summary>
internal static class PlotCommand
{
    public static Command Create()
    {
        Argument<string> result = new("RESULT") { Description = "A result file, .npz or .json; the reference's files are read as well." };
        Option<string?> output = new("--out", "-o") { Description = "Folder for the pictures [default: beside the result].", HelpName = "DIR" };
        Option<string?> levels = new Option<string?>("--levels") { Description = "Limits of the regions [default: alert for real events, else simulated].", HelpName = string.Join('|', LevelSet.Names) }
            .AcceptOnlyFromAmong([.. LevelSet.Names]);
        Option<string> algorithm = new("--reco-algo") { Description = "Reconstruction that made it, for the text and the simulated limits.", DefaultValueFactory = _ => "pandel_mpe", HelpName = "NAME" };
        Command command = new("plot", """
            Draws a result file: the whole sky and the best region, each as SVG and PNG. Needs no service.

            Examples:
              skydriver plot out/run00138632.evt000031747601.neutrino_8_64_512.npz
              skydriver plot result.json --levels wilks --out pictures
            """)
        {
            result, output, levels, algorithm,
        };
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(_ =>
        {
            string file = Path.GetFullPath(parsed.GetValue(result)!);
            SkyScanResult map = Read(file);
            string name = parsed.GetValue(algorithm)!;
            ScanProducts products = Make(map, name, parsed.GetValue(levels));
            string folder = Path.GetFullPath(parsed.GetValue(output) ?? Path.GetDirectoryName(file)!);
            foreach (ProductFile picture in products.Files.Where(f => f.IsPicture))
            {
                string path = Path.Combine(folder, picture.Name);
                OutputFiles.Write(path, picture.Content);
                Console.WriteLine(Path.GetRelativePath(Environment.CurrentDirectory, path));
            }

            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }

    private static ScanProducts Make(SkyScanResult map, string algorithm, string? levels)
    {
        try
        {
            return ScanProducts.Make(map, algorithm, levels is null ? null : LevelSet.Find(levels, algorithm)
                ?? throw CommandException.Usage($"--levels: '{levels}' was not measured for {algorithm}; it has {string.Join(", ", LevelSet.Offered(algorithm).Select(l => l.Name))}."));
        }
        catch (ArgumentException nothing)
        {
            throw new CommandException(ExitCodes.Failed, nothing.Message.Split(" (Parameter")[0], nothing);
        }
    }

    private static SkyScanResult Read(string file)
    {
        byte[] content;
        try
        {
            content = File.ReadAllBytes(file);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandException(ExitCodes.NotFound, $"RESULT: there is no file '{file}'.", fault);
        }

        try
        {
            return Path.GetExtension(file) == ".npz" ? SkyScanResult.FromNpz(new MemoryStream(content, writable: false)) : SkyScanResult.FromJson(content);
        }
        catch (ResultFormatException broken)
        {
            throw CommandException.Usage($"RESULT: '{file}' is not a result file: {broken.Message}");
        }
    }
}
