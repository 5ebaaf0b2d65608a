using System.CommandLine;
using SkyDriver.Products;
using SkyDriver.Products.Fits;
using SkyDriver.Products.Maps;
using SkyDriver.Products.Plots;
using SkyDriver.Scan;

namespace SkyDriver.Cli.Commands;

/// <summary>Argument and options of the commands that work on a result file and need no service.</summary>
internal sealed class ResultInput
{
    public const string Forms = "A result: .npz, .json, multi-order FITS or flat FITS with 2DLLH; the reference's .npz, .json and flat FITS too.";
    private const long MostBytes = 1L << 30;

    private readonly Argument<string> _file = new("FILE") { Description = Forms };
    private readonly Option<bool> _flipped = Flipped();
    private readonly Option<string?> _levels = new Option<string?>("--levels") { Description = "Limits of the regions [default: alert; for simulated events calibrated or simulated where that was measured].", HelpName = string.Join('|', LevelSet.Names) }
        .AcceptOnlyFromAmong([.. LevelSet.Names]);
    private readonly Option<string?> _algorithm = new("--reco-algo") { Description = "Reconstruction that made it, for the texts and for limits that were measured with it [default: what the file says].", HelpName = "NAME" };
    private readonly Option<string> _colours = new Option<string>("--colours") { Description = "Colours of plots; cividis is made for all kinds of colour vision.", DefaultValueFactory = _ => Palette.Plasma.Name, HelpName = string.Join('|', Palette.Names) }
        .AcceptOnlyFromAmong([.. Palette.Names]);

    public static Option<bool> Flipped() => new("--dec-flipped") { Description = "The file holds declination with the other sign, as the scanner before version 3 wrote it. Never guessed." };

    public void AddTo(Command command, bool draws = false)
    {
        command.Add(_file);
        command.Add(_flipped);
        command.Add(_levels);
        command.Add(_algorithm);
        if (draws) command.Add(_colours);
    }

    public string PathOf(ParseResult parsed) => Path.GetFullPath(parsed.GetValue(_file)!);

    public ResultFile Read(ParseResult parsed) => Read("FILE", parsed.GetValue(_file)!, parsed.GetValue(_flipped));

    /// <exception cref="CommandException">Exit code 1: no fit of it succeeded. 2: the options do not go together.</exception>
    public ScanProducts Products(ParseResult parsed, ResultFile file, bool nested = false)
    {
        string algorithm = parsed.GetValue(_algorithm) ?? file.RecoAlgo ?? "";
        LevelSet? levels = parsed.GetValue(_levels) is not { } name ? null : LevelSet.Find(name, algorithm)
            ?? throw CommandException.Usage($"--levels: '{name}' was not measured for {(algorithm.Length == 0 ? "an unknown reconstruction; name it with --reco-algo" : algorithm)}; it has {string.Join(", ", LevelSet.Offered(algorithm).Select(l => l.Name))}.");
        try
        {
            return new(file.Result, new(algorithm) { Levels = levels, Palette = Palette.Find(parsed.GetValue(_colours) ?? "") ?? Palette.Plasma, Nested = nested });
        }
        catch (ArgumentException nothing)
        {
            throw new CommandException(ExitCodes.Failed, nothing.Message.Split(" (Parameter")[0], nothing);
        }
    }

    /// <exception cref="CommandException">Exit code 4: there is no such file. 2: it is no result.</exception>
    public static ResultFile Read(string argument, string path, bool flipped)
    {
        string file = Path.GetFullPath(path);
        if (!File.Exists(file)) throw new CommandException(ExitCodes.NotFound, $"{argument}: there is no file '{file}'.");
        if (new FileInfo(file).Length > MostBytes) throw CommandException.Usage($"{argument}: '{file}' is larger than 1 GiB, more than any result.");
        try
        {
            ResultFile read = ResultFile.Read(File.ReadAllBytes(file));
            return flipped ? read with { Result = read.Result.MirroredInDeclination() } : read;
        }
        catch (Exception broken) when (broken is ResultFormatException or FitsFormatException)
        {
            throw CommandException.Usage($"{argument}: '{file}' cannot be used. {broken.Message}");
        }
    }
}
