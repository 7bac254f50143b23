"""The models that `accuracy.py` compares: what makes each for a table and a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

REFERENCE = "sk_mlp"


def scikit_learn_mlp(X: pd.DataFrame, task: str, seed: int) -> Any:
    """Return scikit-learn's MLP with the preprocessing that it needs."""
    numbers = list(X.select_dtypes("number").columns)
    others = [name for name in X.columns if name not in numbers]
    inputs = ColumnTransformer([
        ("numbers", make_pipeline(
            SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
        ), numbers),
        ("levels", make_pipeline(
            SimpleImputer(strategy="constant", fill_value="(missing)"),
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
        ), others),
    ])  # fmt: skip
    if task == "regression":
        model = TransformedTargetRegressor(
            MLPRegressor(random_state=seed), transformer=StandardScaler()
        )
        return make_pipeline(inputs, model)
    return make_pipeline(inputs, MLPClassifier(random_state=seed))


def walnet_preset(preset: str) -> Callable[[pd.DataFrame, str, int], Any]:
    """Return what makes our estimator of a preset."""

    def make(_: pd.DataFrame, task: str, seed: int) -> Any:
        from walnet.tabular import TabularClassifier, TabularRegressor

        cls = TabularRegressor if task == "regression" else TabularClassifier
        return cls(preset=preset, random_state=seed, n_jobs=1)

    return make


def realmlp_tds(X: pd.DataFrame, task: str, seed: int) -> Any:
    """Return RealMLP-TD-S of pytabkit, after the imputation that it needs."""
    from pytabkit import RealMLP_TD_S_Classifier, RealMLP_TD_S_Regressor

    cls = RealMLP_TD_S_Regressor if task == "regression" else RealMLP_TD_S_Classifier
    numbers = list(X.select_dtypes("number").columns)
    inputs = ColumnTransformer(
        [("numbers", SimpleImputer(strategy="median", add_indicator=True), numbers)],
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    return make_pipeline(inputs, cls(device="cpu", random_state=seed, n_threads=1))


def catboost(X: pd.DataFrame, task: str, seed: int) -> Any:
    """Return CatBoost, told which columns are levels."""
    from catboost import CatBoostClassifier, CatBoostRegressor

    cls = CatBoostRegressor if task == "regression" else CatBoostClassifier
    levels = [name for name in X.columns if X[name].dtype.kind not in "fiub"]
    told = FunctionTransformer(_levels_as_text, kw_args={"levels": levels})
    model = cls(
        random_seed=seed,
        thread_count=1,
        verbose=0,
        cat_features=levels,
        allow_writing_files=False,
    )
    return make_pipeline(told, model)


def _levels_as_text(X: pd.DataFrame, levels: list[str]) -> pd.DataFrame:
    return X.assign(**{
        name: X[name].astype(object).where(X[name].notna(), "(missing)").astype(str)
        for name in levels
    })  # fmt: skip


def lightgbm(_: pd.DataFrame, task: str, seed: int) -> Any:
    """Return LightGBM."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    cls = LGBMRegressor if task == "regression" else LGBMClassifier
    return cls(random_state=seed, n_jobs=1, verbose=-1)


def xgboost(_: pd.DataFrame, task: str, seed: int) -> Any:
    """Return XGBoost, which takes levels as they are and classes as numbers."""
    from xgboost import XGBClassifier, XGBRegressor

    options = {"random_state": seed, "n_jobs": 1, "enable_categorical": True}
    if task == "regression":
        return XGBRegressor(**options)
    return Labelled(XGBClassifier(**options))


class Labelled(ClassifierMixin, BaseEstimator):
    """A classifier of numbers 0, 1, … as one of labels."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Labelled:
        """Learn numbers instead of labels."""
        self.classes_, numbers = np.unique(y, return_inverse=True)
        self.model.fit(X, numbers)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return labels."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probability of each class."""
        return self.model.predict_proba(X)


MODELS: dict[str, Callable[[pd.DataFrame, str, int], Any]] = {
    REFERENCE: scikit_learn_mlp,
    "walnet_fast": walnet_preset("fast"),
    "walnet_balanced": walnet_preset("balanced"),
    "walnet_best": walnet_preset("best"),
    "realmlp_tds": realmlp_tds,
    "cat": catboost,
    "lgbm": lightgbm,
    "xgb": xgboost,
}
