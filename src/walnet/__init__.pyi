# The public names of walnet and the modules that they come from: the one list.
# `__init__.py` reads it to import a name when it is first used; type checkers and
# editors read it as it is. One name a line.

from walnet import datasets as datasets
from walnet import plots as plots
from walnet.engine.driver import train as train
from walnet.engine.history import History as History
from walnet.engine.layers import Dense as Dense
from walnet.engine.layers import Inputs as Inputs
from walnet.engine.layers import LevelEmbedding as LevelEmbedding
from walnet.engine.layers import NumberEmbedding as NumberEmbedding
from walnet.engine.layers import Scale as Scale
from walnet.engine.network import Network as Network
from walnet.engine.settings import Settings as Settings
from walnet.engine.training import Training as Training
from walnet.errors import DataError as DataError
from walnet.errors import DivergedError as DivergedError
from walnet.errors import FileFormatError as FileFormatError
from walnet.errors import HyperparameterError as HyperparameterError
from walnet.errors import ShapeError as ShapeError
from walnet.errors import WalnetError as WalnetError
from walnet.estimators import MLPClassifier as MLPClassifier
from walnet.estimators import MLPRegressor as MLPRegressor
from walnet.estimators import from_sklearn as from_sklearn
from walnet.export.onnx import to_onnx as to_onnx
from walnet.export.torch import to_torch as to_torch
from walnet.models.ensemble_model import EnsembleModel as EnsembleModel
from walnet.models.model_file import load as load
from walnet.models.model_file import save as save
from walnet.models.network_model import NetworkModel as NetworkModel
from walnet.models.split import split_table as split_table
from walnet.models.table_model import TableModel as TableModel
from walnet.playground.notebook import Playground as Playground
from walnet.tables import ReadOptions as ReadOptions
from walnet.tables import read_table as read_table
from walnet.tabular import TabularClassifier as TabularClassifier
from walnet.tabular import TabularRegressor as TabularRegressor
from walnet.tracing import Trace as Trace
from walnet.tracing import trace as trace
from walnet.tuning import tune as tune

__version__: str
